// The libraries that verify in the run, each with a cache of its own no longer than the V that the issuers were told.
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createVerifier, keysFromUrl } from '../../src/verifier/exports.ts';
import { fastJwtVerifier, joseVerifier, jwksRsaVerifier, type Token } from '../flows/verifiers.ts';
import { startChild } from './processes.ts';

export interface Surroundings {
  readonly issuer: string;
  readonly jwksUri: string;
  /** V: how long a library may keep the key set. */
  readonly cacheSeconds: number;
  readonly audiences: readonly string[];
}

export interface Library {
  readonly name: string;
  /** How `keys revoke` bounds it. */
  readonly exposure: 'fixed_cache' | 'unknown_kid' | 'cache_control';
  /** How its cache was brought within V. */
  readonly cache: string;
  /** @param checksExp - false asks about the key alone. @throws when it refuses the token. */
  verify(token: Token, checksExp: boolean): Promise<unknown>;
}

/** One second within the token's life, for libraries that take the time as a parameter. */
const timeFor = ({ iat }: Token, checksExp: boolean): number => (checksExp ? Date.now() / 1000 : iat);

const ofNode = ({ issuer, jwksUri, cacheSeconds }: Surroundings): readonly Library[] => {
  const setup = { issuer, jwksUri, cacheMilliseconds: cacheSeconds * 1000 };
  const [jose, jwksRsa, fastJwt] = [joseVerifier(setup), jwksRsaVerifier(setup), fastJwtVerifier(setup)];
  const at =
    (verifier: typeof jose): Library['verify'] =>
    (token, checksExp) =>
      verifier.verify(token, timeFor(token, checksExp));
  return [
    { name: 'jose', exposure: 'fixed_cache', cache: 'cacheMaxAge, cooldown of 30 s as it comes', verify: at(jose) },
    { name: 'jwks-rsa', exposure: 'fixed_cache', cache: 'cacheMaxAge', verify: at(jwksRsa) },
    { name: 'fast-jwt', exposure: 'cache_control', cache: 'obeys max-age, never asks again', verify: at(fastJwt) },
  ];
};

/** More than any token is past its `exp` when a revoked key is measured. */
const lenientSeconds = 59;

const keyturnVerifier = ({ issuer, jwksUri, audiences }: Surroundings): Library => {
  const keys = keysFromUrl(jwksUri);
  const verifierWith = (clockToleranceSeconds: number) =>
    createVerifier({ issuer, audience: [...audiences], keys, clockToleranceSeconds });
  const [strict, lenient] = [verifierWith(1), verifierWith(lenientSeconds)];
  return {
    name: 'Keyturn',
    exposure: 'cache_control',
    cache: 'obeys max-age, asks ahead of it and on an unknown kid, as it comes',
    verify: ({ text }, checksExp) => (checksExp ? strict : lenient).verify(text),
  };
};

/** It fetches over https alone, which is a matter of its fetcher: everything else is as it comes. */
const awsJwtVerify = ({ issuer, jwksUri, audiences }: Surroundings): Library => {
  const fetcher = {
    fetch: async (uri: string): Promise<ArrayBuffer> => (await fetch(uri)).arrayBuffer(),
  };
  const jwksCache = new SimpleJwksCache({ fetcher });
  const verifierWith = (graceSeconds: number) =>
    JwtVerifier.create({ issuer, audience: [...audiences], jwksUri, graceSeconds }, { jwksCache });
  const [strict, lenient] = [verifierWith(0), verifierWith(86_400)];
  return {
    name: 'aws-jwt-verify',
    exposure: 'unknown_kid',
    cache: 'for ever, asks on an unknown kid, as it comes',
    verify: ({ text }, checksExp) => (checksExp ? strict : lenient).verify(text),
  };
};

const lineLibrary = (name: string, cache: string, child: ChildProcess, setup: object): Library => {
  const waiting: ((answer: string) => void)[] = [];
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null) throw new TypeError(`${name} has no standard streams`);
  createInterface({ input: stdout }).on('line', (line) => waiting.shift()?.(line));
  child.once('exit', (code) => {
    for (const answer of waiting.splice(0)) answer(`${name} ended with ${code}`);
  });
  stderr?.on('data', (chunk: Buffer) => process.stderr.write(`${name}: ${chunk}`));
  stdin.write(`${JSON.stringify(setup)}\n`);
  return {
    name,
    exposure: 'fixed_cache',
    cache,
    verify: async ({ text, alg, audience }, checksExp) => {
      if (child.exitCode !== null) throw new Error(`${name} has ended`);
      const answer = await new Promise<string>((resolve) => {
        waiting.push(resolve);
        stdin.write(`${JSON.stringify({ token: text, alg, audience, checkExp: checksExp })}\n`);
      });
      if (answer !== 'ok') throw new Error(answer);
    },
  };
};

const works = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { timeout: 10_000 }).status === 0;

const fileBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** @returns undefined where the machine has it not. */
const pyjwt = ({ issuer, jwksUri, cacheSeconds }: Surroundings): Library | undefined => {
  const python = ['python3', '/usr/bin/python3'].find((name) => works(name, ['-c', 'import jwt, cryptography']));
  if (python === undefined) return undefined;
  const child = startChild(python, [fileBeside('pyjwt.py')]);
  return lineLibrary('PyJWT', 'lifespan', child, { issuer, jwksUri, cacheSeconds, timeoutSeconds: 1 });
};

const rubyJwt = ({ issuer, jwksUri, cacheSeconds }: Surroundings): Library | undefined => {
  const ruby = ['ruby', '/usr/bin/ruby'].find((name) => works(name, ['-e', 'require "jwt"']));
  if (ruby === undefined) return undefined;
  const child = startChild(ruby, [fileBeside('ruby_jwt.rb')]);
  return lineLibrary('ruby-jwt', 'the loader of its README', child, {
    issuer,
    jwksUri,
    cacheSeconds,
    timeoutSeconds: 1,
  });
};

export interface Libraries {
  readonly found: readonly Library[];
  readonly missing: readonly string[];
}

export const openLibraries = (surroundings: Surroundings): Libraries => {
  const others = [
    { name: 'PyJWT (apt-get install python3-jwt python3-cryptography)', library: pyjwt(surroundings) },
    { name: 'ruby-jwt (apt-get install ruby ruby-jwt)', library: rubyJwt(surroundings) },
  ];
  return {
    found: [
      keyturnVerifier(surroundings),
      ...ofNode(surroundings),
      awsJwtVerify(surroundings),
      ...others.flatMap(({ library }) => (library === undefined ? [] : [library])),
    ],
    missing: others.filter(({ library }) => library === undefined).map(({ name }) => name),
  };
};
