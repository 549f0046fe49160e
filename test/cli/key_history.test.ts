import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../free_port.ts';
import { forgeChain, forgeDocument, makeForgerKey, type Telling } from '../keys/forged_history.ts';
import { start } from '../keys/rotation_parts.ts';
import { makeFolder } from '../running_server.ts';
import { runCommand } from './in_process.ts';

const [one, two] = [await makeForgerKey(), await makeForgerKey()];
const begun: readonly Telling[] = [
  { event: 'published', key: one, at: 0, by: one },
  { event: 'activated', key: one, at: 0, by: one },
];
const later: Telling = { event: 'published', key: two, at: 50, by: one };

let issuer: string;
let server: Server;
let live: () => { readonly status: number; readonly body: string };
let folder: string;
let copy: string;

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  server = createServer((_, response) => {
    const { status, body } = live();
    response.writeHead(status, { 'Content-Type': 'application/jwk-set+jwt' }).end(body);
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  folder = makeFolder();
  copy = join(folder, 'copy.jwt');
  live = () => ({ status: 404, body: '' });
});

/** Entries of the issuer, and documents with the first so many of them. */
const ofIssuer = async (tellings: readonly Telling[]) => {
  const chain = await forgeChain(
    tellings.map((telling) => ({ ...telling, claims: { iss: issuer, ...telling.claims } })),
  );
  return (length = chain.length) =>
    forgeDocument(chain.slice(0, length), { by: one, iat: 100, claims: { iss: issuer } });
};
const verify = (...args: readonly string[]) =>
  runCommand(['keys', 'verify-history', copy, '--issuer', issuer, ...args], { environment: {} });
const serve = (body: string, status = 200): void => {
  live = () => ({ status, body });
};

describe('keyturn keys verify-history', () => {
  test('a copy that the live history begins with is good, and it says what came since', async () => {
    const documentOf = await ofIssuer([...begun, later]);
    writeFileSync(copy, await documentOf(2));
    serve(await documentOf());
    const { code, stdout } = await verify();
    expect(code).toBe(0);
    expect(stdout).toContain('has 2 entries; chain and signatures verify');
    expect(stdout).toContain('has gone on: 1 more, from entry 2');
    const document = JSON.parse((await verify('--json')).stdout);
    expect(document).toMatchObject({ good: true, outcome: 'live_went_on', first_difference: 2, copy: { entries: 2 } });
  });

  test('a live history that was cut, or rewritten, is told with the entry where it parts; exit code 1', async () => {
    const documentOf = await ofIssuer([...begun, later]);
    writeFileSync(copy, await documentOf());
    serve(await documentOf(2));
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('lacks the last 1 entries of the copy, from entry 2'),
    });
    serve(await (await ofIssuer([...begun, { ...later, at: 60 }]))());
    const parted = await verify();
    expect(parted).toMatchObject({ code: 1, stdout: expect.stringContaining('The two differ from entry 0 on') });
    expect(parted.stdout).toContain(`published ES256 ${one.kid}`);
  });

  test('a copy or a live history that does not verify says which, and where', async () => {
    const documentOf = await ofIssuer([...begun, later]);
    writeFileSync(copy, `${(await documentOf()).slice(0, -8)}AAAAAAAA`);
    expect(await verify('--offline')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The copy does not verify: the document does not verify'),
    });
    writeFileSync(copy, await documentOf());
    serve('<html>');
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The copy is sound, but the live history does not verify'),
    });
  });

  test('nothing that is in a copy reaches the terminal as more than text', async () => {
    const hostile = '\u001b[2J\u202e';
    const documentOf = await ofIssuer([...begun, { ...later, claims: { seq: 2, prev: hostile } }]);
    writeFileSync(copy, await documentOf());
    const { code, stdout } = await verify('--offline');
    expect(code).toBe(1);
    expect(stdout).toContain('\\u001b[2J\\u202e');
    expect(stdout).not.toContain('\u001b');
  });

  test('a copy of another issuer is not compared', async () => {
    writeFileSync(copy, await forgeDocument(await forgeChain(begun), { by: one, iat: 10 }));
    expect(await verify()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The copy is of the issuer https://id.example.com'),
    });
  });

  test('alone, a copy is checked with --offline; no server is asked', async () => {
    writeFileSync(copy, await (await ofIssuer(begun))());
    const { code, stdout } = await verify('--offline');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('compared with nothing') });
    expect(stdout).toContain(new Date((start + 100) * 1000).toISOString().slice(0, 10));
  });

  test.runIf(existsSync('/dev/zero'))('a pipe is read to its end, and what has none is not', async () => {
    writeFileSync(copy, await (await ofIssuer(begun))());
    const pipe = join(makeFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', `cat '${copy}' > '${pipe}'`]);
    const ended = once(writer, 'exit');
    expect(await runCommand(['keys', 'verify-history', pipe, '--offline'], { environment: {} })).toMatchObject({
      code: 0,
    });
    await ended;
    expect(await runCommand(['keys', 'verify-history', '/dev/zero', '--offline'], { environment: {} })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The file /dev/zero is longer than 67108864 bytes, and is not read'),
    });
  });

  test('a file that is not there, an issuer that is no URL and a server that has no history are told apart', async () => {
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be read (ENOENT)') });
    writeFileSync(copy, await (await ofIssuer(begun))());
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('it answered 404') });
    const plain = await runCommand(['keys', 'verify-history', copy, '--issuer', 'http://id.example.com'], {
      environment: {},
    });
    expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining('expected an https URL') });
  });
});
