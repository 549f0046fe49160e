// One of the people of the storm, and the form they send.
import { csrfTokenOf } from '../../src/login/forgery.ts';
import { makeOpaque } from '../../src/tokens/opaque.ts';
import type { Target } from '../contender.ts';

const parallelSignIns = 100;

export const people: readonly string[] = Array.from({ length: parallelSignIns }, (_, place) => `person-${place}`);
export const sharedPassword = 'a password that all of the storm share';

/** A sign-in, from a browser that was never seen before unless one is named. */
export const signInRequest = (issuer: string, username: string, place: number, browser = makeOpaque()): Target => {
  return {
    url: `${issuer}/login`,
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Cookie: `__Host-keyturn_browser=${browser}`,
      Origin: issuer,
      'X-Forwarded-For': `10.1.${Math.floor(place / 250)}.${1 + (place % 250)}`,
    },
    body: new URLSearchParams({ csrf: csrfTokenOf(browser), login: username, password: sharedPassword }).toString(),
  };
};
