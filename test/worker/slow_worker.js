// The Worker on a D1 that is slow when told so, under the 30 s that Cloudflare gives what an event began once its client is
// gone; workerd on its own sets no such limit.
import issuer from '../../src/worker.ts';

const drainSeconds = 30;
let delaySeconds = 0;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const slowly = async (ask) => {
  await pause(delaySeconds);
  return ask();
};

const slowStatement = (real) => ({
  real,
  bind: (...values) => slowStatement(real.bind(...values)),
  run: () => slowly(() => real.run()),
  raw: () => slowly(() => real.raw()),
});

const slow = (database) => ({
  prepare: (text) => slowStatement(database.prepare(text)),
  batch: (statements) => slowly(() => database.batch(statements.map(({ real }) => real))),
});

export default {
  fetch: async (request, env, context) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/slow') {
      delaySeconds = Number(searchParams.get('seconds'));
      return new Response();
    }
    const waitUntil = (work) => context.waitUntil(Promise.race([work, pause(drainSeconds)]));
    return issuer.fetch(request, { ...env, DB: slow(env.DB) }, { waitUntil });
  },
};
