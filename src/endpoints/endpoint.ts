import type { Context } from 'hono';
import type { Provider } from '../provider.ts';

/** An answer as a record, for what is asked all day long. `response_headers.ts` says what that saves. */
export interface PlainAnswer {
  readonly status: number;
  readonly plainHeaders: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export type Answer = Response | PlainAnswer;

export type Handler = (context: Context<AppEnvironment>) => Answer | Promise<Answer>;

export interface AppEnvironment {
  /** What an entry may hand over with a request. Undefined as a whole where it hands over nothing. */
  Bindings: { readonly requestId?: string; readonly remoteAddress?: string };
  /** Ours, where the entry hands over none. */
  Variables: { requestId?: string };
}

/** The methods one URL answers; every other gets 405 with `Allow`. HEAD follows GET. */
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'OPTIONS', Handler>>>;

export type Endpoint = (provider: Provider) => Methods;
