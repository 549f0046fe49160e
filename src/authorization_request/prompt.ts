// prompt and max_age. OpenID Connect Core 1.0 §3.1.2.1.
import type { Config } from '../config.ts';
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { type Prompt, supportedPrompts } from './authorization_request.ts';

/** @throws {OAuthError} prompt_malformed: a value that is not supported, or none beside another. */
export const checkPrompt = (parameters: Parameters, config: Pick<Config, 'signUp'>): readonly Prompt[] => {
  const asked = parameters.get('prompt')?.split(' ') ?? [];
  const prompt = supportedPrompts(config).filter((value) => asked.includes(value));
  if (!asked.every((value) => prompt.some((known) => known === value))) throw new OAuthError('prompt_malformed');
  if (asked.includes('none') && asked.length > 1) throw new OAuthError('prompt_malformed');
  return prompt;
};

/** @returns seconds, which may be more than anybody lives. @throws {OAuthError} max_age_malformed. */
export const checkMaxAge = (parameters: Parameters): number | undefined => {
  const maxAge = parameters.get('max_age');
  if (maxAge === undefined) return undefined;
  if (!/^\d+$/.test(maxAge)) throw new OAuthError('max_age_malformed');
  return Number(maxAge);
};
