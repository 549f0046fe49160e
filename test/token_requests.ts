// What the client `app` of people.ts asks once it has a code, and how it is answered.
import { expect } from 'vitest';
import type { App } from '../src/app.ts';
import { type Browser, obtainCode, postForm, redeem } from './people.ts';

export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly scope: string;
  readonly error?: string;
}

type Overrides = Readonly<Record<string, string | undefined>>;

/** The answer of the token endpoint; members are there or not as the endpoint saw fit. */
export const readAnswer = async (response: Response): Promise<TokenAnswer> => (await response.json()) as TokenAnswer;

/** The tokens for what `overrides` of the authorization request ask. */
export const obtainTokens = async (app: App, browser: Browser, overrides: Overrides = {}): Promise<TokenAnswer> => {
  const { client_id } = overrides;
  const response = await redeem(app, await obtainCode(browser, overrides), { ...(client_id && { client_id }) });
  if (response.status !== 200) throw new Error(`the code was refused: ${await response.text()}`);
  return readAnswer(response);
};

/** Refreshes as the client `app`; `overrides` say how it differs. */
export const refresh = (app: App, refreshToken: string, overrides: Readonly<Record<string, string>> = {}) =>
  postForm(app, '/token', {
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: refreshToken,
    ...overrides,
  });

export const askUserinfo = async (app: App, accessToken: string): Promise<Response> =>
  app.request('/userinfo', { headers: { Authorization: `Bearer ${accessToken}` } });

/** An error of the token endpoint: JSON, not to be stored, with nothing in it but its two members. RFC 6749 §5.2. */
export const expectRefusal = async (response: Response, error: string, status = 400): Promise<void> => {
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  expect([response.status, answer.error]).toEqual([status, error]);
  expect(Object.keys(answer)).toEqual(['error', 'error_description']);
  expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
  expect(response.headers.get('Cache-Control')).toBe('no-store');
};

/** A refresh token that is good for nothing any more, and the access token beside it. */
export const expectEnded = async (app: App, tokens: TokenAnswer): Promise<void> => {
  await expectRefusal(await refresh(app, tokens.refresh_token), 'invalid_grant');
  expect((await askUserinfo(app, tokens.access_token)).status).toBe(401);
};
