import type { Context } from 'hono';
import type { Provider } from '../provider.ts';

export type Handler = (context: Context<AppEnvironment>) => Response | Promise<Response>;

export interface AppEnvironment {
  /** What an entry may hand over with a request. Undefined as a whole where it hands over nothing. */
  Bindings: { readonly requestId?: string; readonly remoteAddress?: string };
  /** Set before any handler runs. */
  Variables: { requestId: string };
}

/** The methods one URL answers; every other gets 405 with `Allow`. HEAD follows GET. */
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'OPTIONS', Handler>>>;

export type Endpoint = (provider: Provider) => Methods;
