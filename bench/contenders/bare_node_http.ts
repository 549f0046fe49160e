// The least a key set can cost on Node: node:http answering what another server answered once, from a prebuilt Buffer.
// Run as `bare_node_http.ts JWKS_URI`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { announce } from '../contender.ts';
import { jwksName } from '../scenarios/jwks.ts';

const [mirrored] = process.argv.slice(2);
if (mirrored === undefined) throw new TypeError('bare_node_http.ts needs the URL of the key set it is to mirror.');

/** node:http writes these itself. */
const written = ['connection', 'date', 'keep-alive', 'transfer-encoding'];

const response = await fetch(mirrored);
const headers = Object.fromEntries([...response.headers].filter(([name]) => !written.includes(name)));
const body = Buffer.from(await response.arrayBuffer());

const server = createServer((_request, answer) => {
  answer.writeHead(200, headers);
  answer.end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

announce({
  pid: process.pid,
  issuer,
  jwksUri: `${issuer}/jwks`,
  targets: { [jwksName]: { url: `${issuer}/jwks`, method: 'GET', headers: {} } },
});
