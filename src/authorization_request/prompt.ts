// prompt and max_age. OpenID Connect Core 1.0 §3.1.2.1.
import { OAuthError } from '../errors.ts';
import type { Parameters } from '../form_urlencoded.ts';
import { type Prompt, promptValues } from './authorization_request.ts';

const isPrompt = (value: string): value is Prompt => promptValues.some((prompt) => prompt === value);

/** @throws {OAuthError} prompt_malformed: an unknown value, or none beside another. */
export const checkPrompt = (parameters: Parameters): readonly Prompt[] => {
  const prompt = parameters.get('prompt')?.split(' ') ?? [];
  if (!prompt.every(isPrompt)) throw new OAuthError('prompt_malformed');
  if (prompt.includes('none') && prompt.length > 1) throw new OAuthError('prompt_malformed');
  return prompt;
};

/** @returns seconds. @throws {OAuthError} max_age_malformed. */
export const checkMaxAge = (parameters: Parameters): number | undefined => {
  const maxAge = parameters.get('max_age');
  if (maxAge === undefined) return undefined;
  if (!/^\d{1,9}$/.test(maxAge)) throw new OAuthError('max_age_malformed');
  return Number(maxAge);
};
