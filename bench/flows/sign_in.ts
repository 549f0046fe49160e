// A sign-in by password: the form that a browser sends which was never seen before, by somebody else each time.
import { signInRequest } from '../storm/person.ts';
import type { Send, SignInFlow } from './flow.ts';

export const signInName = 'sign-in';

/** @param nth - from 0 on, another one each time. */
export const signInOnce = async (
  { issuer, origin, usernames, firstPlace }: SignInFlow,
  nth: number,
  send: Send,
): Promise<void> => {
  const username = usernames[nth % usernames.length] ?? '';
  const { url, ...form } = signInRequest(issuer, username, firstPlace + nth);
  const { status, body } = await send({ ...form, url: `${origin}${new URL(url).pathname}` });
  if (status !== 303) throw new Error(`The sign-in of ${username} was answered ${status}: ${body.slice(0, 200)}`);
};
