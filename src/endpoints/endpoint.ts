import type { Context } from 'hono';
import type { Parameters } from '../form_urlencoded.ts';
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
  Bindings: {
    readonly requestId?: string;
    readonly remoteAddress?: string;
    /** Where the entry wants to know which endpoint a request went to, it is written here. */
    endpoint?: string;
  };
  Variables: {
    /** Ours, where the entry hands over none. */
    requestId?: string;
    /** The form of a page of ours, once it has proved to be one. */
    pageForm?: Parameters;
  };
}

export type Handlers = Readonly<Partial<Record<'GET' | 'POST' | 'OPTIONS', Handler>>>;

/** The methods one URL answers; every other gets 405 with `Allow`. */
export interface Methods extends Handlers {
  /** Answers what a handler throws, and a body that never reached it; where it is left out, JSON does. */
  readonly refuse?: (context: Context<AppEnvironment>, error: Error) => Promise<Response>;
  /** HEAD follows GET, but where GET does something: issues a code, signs out. RFC 9110 §9.2.1. */
  readonly HEAD?: 'refused';
}

export type Endpoint = (provider: Provider) => Methods;
