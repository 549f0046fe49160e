// Authlib's Flask client, as its own documentation configures it, with PKCE: a person signs in, keys turn beyond those it
// has, tokens are refreshed and revoked. Needs Debian's Python packages.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../free_port.ts';
import { type IssuerProcess, startIssuer } from '../issuer_process.ts';
import type { Person } from '../issuer_records.ts';
import { makeFolder, processTestMilliseconds, type Running, start, until } from '../running_server.ts';
import { createEndUser, type EndUser } from './end_user.ts';
import { quickTurns } from './quick_turns.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const python = '/usr/bin/python3';
const isThere = spawnSync(python, ['-c', 'import authlib, flask, requests']).status === 0;
if (!isThere)
  console.warn(
    'NOT RUN: Authlib as a relying party needs it: apt-get install python3-authlib python3-flask python3-requests',
  );

const clientSecret = 'the secret of Flask';

const program = `
import os
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, session

app = Flask(__name__)
app.secret_key = os.urandom(32)
keyturn = OAuth(app).register(
    "keyturn", client_id="flask", client_secret="${clientSecret}",
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)

def oauth():
    metadata = keyturn.load_server_metadata()
    return metadata, keyturn._get_oauth_client(**metadata)

@app.route("/login")
def login():
    return keyturn.authorize_redirect(os.environ["ORIGIN"] + "/callback")

@app.route("/callback")
def callback():
    token = keyturn.authorize_access_token()
    session["refresh_token"] = token["refresh_token"]
    return jsonify(sub=token["userinfo"]["sub"], **{k: v for k, v in keyturn.userinfo(token=token).items() if k in ("name", "email")})

@app.route("/refresh")
def refresh():
    metadata, client = oauth()
    try:
        token = client.refresh_token(metadata["token_endpoint"], refresh_token=session["refresh_token"])
    except OAuthError as refused:
        return jsonify(error=refused.error)
    session["refresh_token"] = token["refresh_token"]
    return jsonify(scope=token["scope"])

@app.route("/revoke")
def revoke():
    metadata, client = oauth()
    return jsonify(status=client.revoke_token(metadata["revocation_endpoint"], token=session["refresh_token"]).status_code)

app.run("localhost", int(os.environ["PORT"]))
`;

let server: IssuerProcess;
let ada: Person;
let flask: Running;
let origin: string;
const folder = makeFolder();

beforeAll(async () => {
  if (!isThere) return;
  server = await startIssuer(quickTurns);
  ada = await server.addPerson('ada');
  const port = await freePort();
  origin = `http://localhost:${port}`;
  await server.addClient('flask', { redirectUris: [`${origin}/callback`] }, clientSecret);
  writeFileSync(join(folder, 'app.py'), program);
  flask = start(python, ['app.py'], folder, { ISSUER: server.issuer, ORIGIN: origin, PORT: `${port}` });
  await until('Flask listens', () => {
    if (flask.child.exitCode !== null) throw new Error(`Flask ended: ${flask.stderr()}`);
    return fetch(origin).catch(() => undefined);
  });
});
afterAll(async () => {
  flask?.child.kill('SIGTERM');
  await flask?.ended;
  await server?.close();
});

const open = async (endUser: EndUser, path: string): Promise<unknown> => {
  const { status, body } = await endUser.open(`${origin}${path}`, {}, [origin]);
  if (status !== 200) expect.fail(`${path} is ${status}: ${flask.stderr()}`);
  return JSON.parse(body) as unknown;
};

const turn = async (tries = 10): Promise<void> => {
  const { code, stderr } = await server.runCli(['keys', 'rotate', '--alg', 'RS256']);
  if (code !== 0 && tries === 0) expect.fail(stderr);
  await wait(1000);
  if (code !== 0) await turn(tries - 1);
};

describe.skipIf(!isThere)("Authlib's Flask client", () => {
  test('a person signs in, also with ID tokens of a key that it did not have', async () => {
    const known = { sub: ada.sub, name: 'Ada Example', email: ada.email };
    expect(await open(createEndUser(server.issuer, ada), '/login')).toEqual(known);
    for (const _ of ['to a key that it has', 'to one that it has not']) {
      await turn();
      expect(await open(createEndUser(server.issuer, ada), '/login')).toEqual(known);
    }
  });

  test('a session is refreshed, until it is revoked', async () => {
    const endUser = createEndUser(server.issuer, ada);
    await open(endUser, '/login');
    for (const _ of [1, 2]) expect(await open(endUser, '/refresh')).toEqual({ scope: 'openid profile email' });
    expect(await open(endUser, '/revoke')).toEqual({ status: 200 });
    expect(await open(endUser, '/refresh')).toEqual({ error: 'invalid_grant' });
  });
});
