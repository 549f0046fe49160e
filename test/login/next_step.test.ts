import { describe, expect, test } from 'vitest';
import type { AuthorizationRequest, Prompt } from '../../src/authorization_request/authorization_request.ts';
import { nextStep } from '../../src/login/next_step.ts';
import { makeClient, makeConsent, makeInteraction, makeSession, now } from '../contracts/records.ts';

const requestWith = (prompt: readonly Prompt[]): AuthorizationRequest => ({
  client: makeClient('app'),
  redirectUri: 'https://app.example.com/callback',
  responseMode: 'query',
  state: undefined,
  scope: ['openid'],
  resource: 'https://id.example.com',
  codeChallenge: null,
  nonce: null,
  prompt,
  maxAgeSeconds: undefined,
  loginHint: undefined,
  uiLocales: [],
  claims: { idToken: [], userinfo: [], subs: undefined },
  hintedSub: undefined,
});

const consent = makeConsent({ resources: ['https://id.example.com'] });

describe('prompt, OpenID Connect Core 1.0 §3.1.2.1', () => {
  test.each([
    ['consent', 'consentedAt'],
    ['select_account', 'accountChosenAt'],
  ] as const)(
    'T060: what one end-user answered to prompt=%s is no answer of who signed in after them',
    (prompt, mark) => {
      const interaction = makeInteraction('id', { createdAt: now, [mark]: now + 10 });
      const step = (authTime: number) => {
        const session = makeSession('desk', { authTime });
        return nextStep(
          requestWith([prompt]),
          { session, consent, interaction, sessionIsNew: authTime > now },
          now + 30,
        );
      };
      expect(step(now - 60)).toBe('issue');
      expect(step(now + 10)).toBe('issue');
      // Who proved themselves on the way chose their account by that.
      expect(step(now + 20)).toBe(prompt === 'consent' ? 'consent' : 'issue');
    },
  );
});

describe('consent at each resource, RFC 8707 §2', () => {
  const [payroll, wiki] = ['https://payroll.example.com', 'https://wiki.example.com'];
  const scope = ['read', 'write'];

  test.each([
    {
      kept: 'of one resource, that does not say what was allowed where',
      resources: [payroll],
      resourceScope: [],
      step: 'issue',
    },
    { kept: 'of two, that does not say it', resources: [payroll, wiki], resourceScope: [], step: 'consent' },
    {
      kept: 'of two, of which the other has more',
      resources: [payroll, wiki],
      resourceScope: [`${payroll} read`, `${wiki} read`, `${wiki} write`],
      step: 'consent',
    },
    {
      kept: 'of two, that has all of it',
      resources: [payroll, wiki],
      resourceScope: [`${wiki} read`, `${payroll} write`, `${payroll} read`],
      step: 'issue',
    },
    { kept: 'of another resource', resources: [wiki], resourceScope: [`${wiki} read`], step: 'consent' },
  ])('T060: a consent $kept: $step', ({ resources, resourceScope, step }) => {
    const request = { ...requestWith([]), resource: payroll, scope };
    const kept = makeConsent({ scope, resources, resourceScope });
    const progress = { session: makeSession('desk'), consent: kept, interaction: undefined, sessionIsNew: false };
    expect(nextStep(request, progress, now)).toBe(step);
  });
});

describe('the end-user asked for, OpenID Connect Core 1.0 §3.1.2.2', () => {
  const session = makeSession('desk', { sub: 'ada' });

  test.each([
    { subs: undefined, hintedSub: undefined, step: 'issue' },
    { subs: ['ada'], hintedSub: 'ada', step: 'issue' },
    { subs: ['grace', 'ada'], hintedSub: undefined, step: 'issue' },
    { subs: ['grace'], hintedSub: undefined, step: 'login_required' },
    { subs: [], hintedSub: undefined, step: 'login_required' },
    { subs: ['ada'], hintedSub: 'grace', step: 'login_required' },
    { subs: ['grace'], hintedSub: 'ada', step: 'login_required' },
  ])('claims of $subs and a hint of $hintedSub, where ada is signed in: $step', ({ subs, hintedSub, step }) => {
    const request = { ...requestWith(['none']), claims: { idToken: [], userinfo: [], subs }, hintedSub };
    expect(nextStep(request, { session, consent, interaction: undefined, sessionIsNew: false }, now)).toBe(step);
  });

  test.each([
    { who: 'was signed in before', sessionIsNew: false, step: 'login' },
    { who: 'signed in on the way', sessionIsNew: true, step: 'login_required' },
  ])('where another $who: $step', ({ sessionIsNew, step }) => {
    const interaction = makeInteraction('id', { createdAt: session.authTime });
    const progress = { session, consent, interaction, sessionIsNew };
    for (const asked of [{ hintedSub: 'grace' }, { claims: { idToken: [], userinfo: [], subs: ['grace'] } }])
      expect(nextStep({ ...requestWith([]), ...asked }, progress, now)).toBe(step);
  });
});
