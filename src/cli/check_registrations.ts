// What doctor says of clients and resources together. Pure.
import { unobtainableScope } from '../client_registration/register_client.ts';
import type { Client } from '../seams/client_store.ts';
import type { Resource } from '../seams/resource_store.ts';
import { advice, type Finding, good, wrong } from './finding.ts';

/** Below it, clocks that differ by seconds and slow requests eat the token up. */
const shortestSeconds = 60;

const checkResource = (resource: Resource, maxTokenSeconds: number): readonly Finding[] => {
  const { resource: identifier, accessTokenSeconds } = resource;
  if (accessTokenSeconds > maxTokenSeconds)
    return [
      wrong(
        'resources',
        `${identifier} has tokens of ${accessTokenSeconds} s, but KEYTURN_MAX_TOKEN_SECONDS is ${maxTokenSeconds}; the server refuses to start. Raise the setting, or remove the resource and add it again with less.`,
      ),
    ];
  if (accessTokenSeconds < shortestSeconds)
    return [
      advice(
        'resources',
        `${identifier} has tokens of ${accessTokenSeconds} s: verifiers whose clocks are off by a few seconds refuse them, and clients ask for new ones all the time.`,
      ),
    ];
  return [];
};

const checkClient = (client: Client, resources: readonly Resource[]): readonly Finding[] => {
  const missing = client.resources.filter((named) => !resources.some(({ resource }) => resource === named));
  const ofClient = resources.filter(({ resource }) => client.resources.includes(resource));
  const unobtainable = unobtainableScope(client, ofClient);
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(
      wrong(
        'clients',
        `${client.clientId} is registered for ${missing.join(', ')}, which does not exist: it is refused with invalid_target. Add the resource again, or register the client anew.`,
      ),
    );
  const served = client.serves.filter((named) => !resources.some(({ resource }) => resource === named));
  if (served.length > 0)
    findings.push(
      advice('clients', `${client.clientId} is the server of ${served.join(', ')}, which does not exist (any more).`),
    );
  if (client.dangerouslyAllowNoPkce)
    findings.push(
      advice(
        'clients',
        `${client.clientId} may go without PKCE (dangerously_allow_no_pkce): a stolen code can be injected into it. Register it anew as soon as its software sends a code_challenge.`,
      ),
    );
  if (unobtainable.length > 0 && missing.length === 0)
    findings.push(
      advice(
        'clients',
        `${client.clientId} may ask for the scope ${unobtainable.join(' ')}, which none of its resources has.`,
      ),
    );
  return findings;
};

export const checkRegistrations = (
  clients: readonly Client[],
  resources: readonly Resource[],
  maxTokenSeconds: number,
): readonly Finding[] => {
  const findings = [
    ...resources.flatMap((resource) => checkResource(resource, maxTokenSeconds)),
    ...clients.flatMap((client) => checkClient(client, resources)),
  ];
  if (findings.length > 0) return findings;
  return [good('clients', `All clients (${clients.length}) and resources (${resources.length}) fit together.`)];
};
