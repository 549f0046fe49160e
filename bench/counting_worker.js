// The Worker with a D1 that counts the rows it reads and writes, as Cloudflare bills them. /counts tells, and begins anew.
import issuer from '../src/worker.ts';

const nothing = () => ({ read: 0, written: 0 });
let counts = nothing();

const add = ({ meta }) => {
  counts.read += meta.rows_read;
  counts.written += meta.rows_written;
};

const countedStatement = (inner) => ({
  inner,
  bind: (...values) => countedStatement(inner.bind(...values)),
  run: async () => {
    const answer = await inner.run();
    add(answer);
    return answer;
  },
  // Only what reads is asked for this way, so asking again for what it cost changes nothing.
  raw: async () => {
    add(await inner.all());
    return inner.raw();
  },
});

const counted = (database) => ({
  prepare: (text) => countedStatement(database.prepare(text)),
  batch: async (statements) => {
    const answers = await database.batch(statements.map(({ inner }) => inner));
    for (const answer of answers) add(answer);
    return answers;
  },
});

export default {
  fetch: (request, env, context) => {
    if (!request.url.endsWith('/counts')) return issuer.fetch(request, { ...env, DB: counted(env.DB) }, context);
    const told = counts;
    counts = nothing();
    return Response.json(told);
  },
};
