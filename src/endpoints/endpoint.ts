import type { Context } from 'hono';
import type { Provider } from '../provider.ts';

export type Handler = (context: Context<AppEnvironment>) => Response | Promise<Response>;

/** Set before any handler runs. */
export interface AppEnvironment {
  Variables: { requestId: string };
}

/** The methods one URL answers; every other gets 405 with `Allow`. HEAD follows GET. */
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'OPTIONS', Handler>>>;

export type Endpoint = (provider: Provider) => Methods;
