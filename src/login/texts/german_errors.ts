// German: what the error pages say.
import type { englishErrors } from './english_errors.ts';

export const germanErrors: typeof englishErrors = {
  client_unknown: {
    heading: 'Diese Anwendung ist hier nicht bekannt',
    explanation:
      'Eine Anwendung, die nicht registriert ist, hat Sie hergeleitet; bei ihr können Sie sich nicht anmelden.',
    next: 'Gehen Sie zurück und versuchen Sie es erneut. Geschieht es wieder, sagen Sie es den Betreibern der Anwendung.',
  },
  redirect_uri_mismatch: {
    heading: 'Der Rückweg ist nicht registriert',
    explanation:
      'Die Anwendung nannte eine Rückkehradresse, die nicht zu ihr gehört. Zu Ihrer Sicherheit wurde nichts dorthin gesendet.',
    next: 'Gehen Sie zurück und versuchen Sie es erneut. Geschieht es wieder, sagen Sie es den Betreibern der Anwendung.',
  },
  post_logout_redirect_uri_mismatch: {
    heading: 'Der Rückweg ist nicht registriert',
    explanation:
      'Die Anwendung nannte eine Adresse für die Rückkehr nach dem Abmelden, die nicht zu ihr gehört. Zu Ihrer Sicherheit wurde nichts dorthin gesendet und niemand abgemeldet.',
    next: 'Gehen Sie zurück und versuchen Sie es erneut. Geschieht es wieder, sagen Sie es den Betreibern der Anwendung.',
  },
  request_malformed: {
    heading: 'Diese Anfrage ist nicht zu verstehen',
    explanation: 'Etwas, das die Anwendung gesendet hat, fehlt oder ist nicht, wie es sein sollte.',
    next: 'Beginnen Sie in der Anwendung von vorn. Geschieht es wieder, sagen Sie es ihren Betreibern.',
  },
  interaction_expired: {
    heading: 'Diese Anmeldung ist nicht mehr offen',
    explanation: 'Sie wurde schon abgeschlossen, hat zu lange gedauert oder begann in einem anderen Browser.',
    next: 'Öffnen Sie die Anwendung erneut: Vielleicht sind Sie dort schon angemeldet. Wenn nicht, melden Sie sich von dort an.',
  },
  cookie_missing: {
    heading: 'Ihr Browser hat kein Cookie gesendet',
    explanation:
      'Zum Anmelden braucht es ein Cookie, das diese Website eben gesetzt hat. Es fehlt, wenn Cookies gesperrt sind oder ein Link in einem anderen Browser geöffnet wurde.',
    next: 'Erlauben Sie Cookies für diese Website, gehen Sie dann zurück zur Anwendung und melden Sie sich von dort erneut an.',
  },
  csrf_refused: {
    heading: 'Dieses Formular wurde nicht angenommen',
    explanation:
      'Es passt nicht zu Ihrem Browser. Das geschieht, wenn Cookies gesperrt sind oder das Formular alt ist.',
    next: 'Erlauben Sie Cookies für diese Website, gehen Sie zurück, laden Sie neu und senden Sie es noch einmal.',
  },
  rate_limited: {
    heading: 'Zu viele Versuche',
    explanation: 'Aus Ihrem Netz oder zu diesem Konto kamen mehr Anfragen, als in kurzer Zeit erlaubt sind.',
    next: 'Warten Sie ein wenig, bevor Sie es erneut versuchen. Ihr Konto ist nicht gesperrt.',
  },
  unavailable: {
    heading: 'Gleich wieder da',
    explanation: 'Der Dienst kann in diesem Augenblick nicht antworten.',
    next: 'Es ging nichts verloren. Laden Sie die Seite in ein paar Sekunden neu.',
  },
  not_found: {
    heading: 'Hier ist nichts',
    explanation: 'Keine Seite hat diese Adresse.',
    next: 'Prüfen Sie die Adresse, oder gehen Sie dahin zurück, woher Sie kamen.',
  },
  method_not_allowed: {
    heading: 'So lässt sich diese Seite nicht öffnen',
    explanation: 'Die Adresse gibt es, aber sie antwortet nur auf Formulare anderer Seiten oder auf Anwendungen.',
    next: 'Gehen Sie dahin zurück, woher Sie kamen, und beginnen Sie von vorn.',
  },
  internal: {
    heading: 'Hier ist etwas schiefgegangen',
    explanation: 'Der Fehler liegt bei uns und ist festgehalten.',
    next: 'Versuchen Sie es erneut. Geschieht es wieder, nennen Sie den Betreibern dieser Website die Anfragekennung.',
  },
};
