// What the verifier takes of the runtime it is in: the clock, `fetch`, and Node's own modules where it is Node. Looked up
// and never imported, so that one build runs on Node, Workers, Bun, Deno and in a browser's worker.
import type { Clock } from './claims.ts';

interface Modules {
  readonly 'node:crypto': typeof import('node:crypto');
  readonly 'node:fs/promises': typeof import('node:fs/promises');
}

const versions: Readonly<Record<string, string | undefined>> = globalThis.process?.versions ?? {};

/** Where one request may not wait for what another began. */
export const isCloudflareWorkers = globalThis.navigator?.userAgent === 'Cloudflare-Workers';

/** Node itself: others offer its modules too, but not what is fastest there. */
const isNode =
  versions.node !== undefined && versions.bun === undefined && versions.deno === undefined && !isCloudflareWorkers;

/** @returns one of Node's modules, also on runtimes that offer the same; undefined where there is none. */
export const builtinModule = <Name extends keyof Modules>(name: Name): Modules[Name] | undefined =>
  globalThis.process?.getBuiltinModule?.(name);

export const nodeCrypto = isNode ? builtinModule('node:crypto') : undefined;

export const systemClock: Clock = { now: () => Date.now() / 1000 };

export const runtimeFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
