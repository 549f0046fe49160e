// The Worker's hasher by itself, to be asked over HTTP: the verb in the path, its arguments as JSON.
import wasm from '@phi-ag/argon2/argon2.wasm';
import { createArgon2Wasm } from '../../src/adapters/argon2_wasm.ts';

const hasher = createArgon2Wasm(new WebAssembly.Instance(wasm));

export default {
  fetch: async (request) => {
    const verb = new URL(request.url).pathname.slice(1);
    return Response.json(await hasher[verb](...(await request.json())));
  },
};
