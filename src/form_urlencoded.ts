// Reads application/x-www-form-urlencoded strictly, as RFC 6749 appendix B and §3.2 want it.
import { OAuthError } from './errors.ts';

const mostParameters = 64;
const printableAscii = /^[\x20-\x7e]*$/;

/** The parameters that may be given more than once. RFC 8707 §2. */
const repeatable = new Set(['resource']);

/** Parameters by name. One without a value counts as omitted (RFC 6749 §3.2). */
export interface Parameters {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** @throws {OAuthError} form_malformed. */
export const decodeFormValue = (encoded: string): string => {
  const spaced = encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch (cause) {
    throw new OAuthError('form_malformed', { cause });
  }
};

/** @throws {OAuthError} form_malformed, form_too_many_parameters, parameter_repeated. */
export const parseForm = (body: string): Parameters => {
  if (!printableAscii.test(body)) throw new OAuthError('form_malformed');
  const values = new Map<string, string[]>();
  const pairs = body.split('&', mostParameters + 1);
  if (pairs.length > mostParameters) throw new OAuthError('form_too_many_parameters');
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decodeFormValue(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodeFormValue(pair.slice(equals + 1));
    if (value === '') continue;
    const earlier = values.get(name);
    if (earlier === undefined) values.set(name, [value]);
    else if (repeatable.has(name)) earlier.push(value);
    else throw new OAuthError('parameter_repeated');
  }
  return { get: (name) => values.get(name)?.[0], all: (name) => values.get(name) ?? [] };
};
