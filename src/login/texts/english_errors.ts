// English: what the error pages say. What happened, what was expected, what to do next.
export const englishErrors = {
  client_unknown: {
    heading: 'This application is not known here',
    explanation: 'You were sent here by an application that is not registered, so you cannot sign in to it.',
    next: 'Go back and try again. If it happens again, tell the people who run the application.',
  },
  redirect_uri_mismatch: {
    heading: 'The way back is not registered',
    explanation:
      'The application named an address to return to that is not one of its own. For your safety, nothing was sent there.',
    next: 'Go back and try again. If it happens again, tell the people who run the application.',
  },
  post_logout_redirect_uri_mismatch: {
    heading: 'The way back is not registered',
    explanation:
      'The application named an address to return to after signing out that is not one of its own. For your safety, nothing was sent there, and nobody was signed out.',
    next: 'Go back and try again. If it happens again, tell the people who run the application.',
  },
  request_malformed: {
    heading: 'This request cannot be understood',
    explanation: 'Something the application sent is missing, or not as it should be.',
    next: 'Go back to the application and start again. If it happens again, tell the people who run it.',
  },
  interaction_expired: {
    heading: 'This sign-in is no longer open',
    explanation: 'It was finished before, took too long, or was begun in another browser.',
    next: 'Open the application again: you may be signed in to it already. If you are not, sign in from there.',
  },
  cookie_missing: {
    heading: 'Your browser sent no cookie',
    explanation:
      'Signing in needs a cookie that this site set a moment ago. It is missing when cookies are blocked, or when a link is opened in another browser.',
    next: 'Allow cookies for this site, then go back to the application and sign in from there again.',
  },
  csrf_refused: {
    heading: 'This form was not accepted',
    explanation: 'It could not be matched to your browser. That happens when cookies are blocked, or the form is old.',
    next: 'Allow cookies for this site, go back, reload the page and send it again.',
  },
  rate_limited: {
    heading: 'Too many attempts',
    explanation: 'More requests came from your network, or for this account, than are allowed in a short time.',
    next: 'Wait a little before you try again. Your account is not locked.',
  },
  unavailable: {
    heading: 'Back in a moment',
    explanation: 'The service cannot answer at this moment.',
    next: 'Nothing was lost. Reload the page in a few seconds.',
  },
  not_found: {
    heading: 'There is nothing here',
    explanation: 'No page has this address.',
    next: 'Check the address, or go back to where you came from.',
  },
  method_not_allowed: {
    heading: 'This page cannot be opened this way',
    explanation: 'The address exists, but it answers only to forms of other pages, or to applications.',
    next: 'Go back to where you came from and start again.',
  },
  internal: {
    heading: 'Something went wrong here',
    explanation: 'The fault is on our side, and it has been recorded.',
    next: 'Try again. If it happens again, tell the people who run this site, with the request ID below.',
  },
};
