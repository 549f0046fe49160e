// What doctor says of the configuration alone: whether the timings hold, and what is odd about the rest.
import type { Config } from '../config.ts';
import { fixedCaches } from '../keys/revocation_exposure.ts';
import {
  minimumGraceInWords,
  minimumGraceSeconds,
  minimumLeadInWords,
  minimumLeadSeconds,
  type RotationPolicy,
} from '../keys/timing.ts';
import { isLoopback } from '../settings.ts';
import { advice, type Finding, good } from './finding.ts';
import { secondsInWords } from './instants.ts';

const timings = (policy: RotationPolicy, accessTokenSeconds: number): readonly Finding[] => {
  const { leadSeconds, graceSeconds, periodSeconds, snapshotSeconds: p, maxTokenSeconds: t } = policy;
  const [leastLead, leastGrace] = [minimumLeadSeconds(policy), minimumGraceSeconds(policy, t)];
  return [
    good(
      'lead',
      `A key is published ${secondsInWords(leadSeconds)} before it signs; at least ${minimumLeadInWords(policy)} = ${leastLead} s are needed.`,
    ),
    good(
      'grace',
      `A key stays published ${secondsInWords(graceSeconds)} after it last signed; at least ${minimumGraceInWords(policy)} = ${leastGrace} s are needed.`,
    ),
    good(
      'period',
      `A key signs for ${secondsInWords(periodSeconds)}; more than lead + P = ${leadSeconds} + ${p} = ${leadSeconds + p} s are needed.`,
    ),
    good(
      'tokens',
      `Access tokens live ${secondsInWords(accessTokenSeconds)} where a resource says nothing else; at most T = ${t} s are allowed.`,
    ),
  ];
};

const slowVerifiers = ({ slowestVerifierSeconds }: RotationPolicy): readonly Finding[] => {
  const slower = fixedCaches.filter(({ cacheSeconds }) => cacheSeconds > slowestVerifierSeconds);
  if (slower.length === 0) return [];
  const named = slower.map(({ library, cacheSeconds }) => `${library} ${cacheSeconds} s`).join(', ');
  return [
    advice(
      'verifiers',
      `KEYTURN_SLOWEST_VERIFIER_SECONDS is ${slowestVerifierSeconds}, but by default these keep a key set longer: ${named}. If one of them verifies your tokens, raise it.`,
    ),
  ];
};

/** Whether the server listens where the issuer sends everyone. */
export const checkAddress = ({ issuer, loopback, host, port }: Config): readonly Finding[] => {
  // An IPv6 address of a link, fe80::1%eth0, is none that a URL has.
  const url = `http://${host.includes(':') ? `[${host}]` : host}`;
  const listensOnLoopback = URL.canParse(url) && isLoopback(url);
  const address = `${host} port ${port}`;
  if (loopback && !listensOnLoopback)
    return [
      advice(
        'address',
        `The issuer ${issuer} is for this machine alone, but the server listens on ${address}, where others reach it unencrypted. Leave KEYTURN_HOST out.`,
      ),
    ];
  const issuerPort = Number(new URL(issuer).port || (issuer.startsWith('https:') ? 443 : 80));
  if (loopback && issuer.startsWith('http:') && issuerPort !== port)
    return [
      advice(
        'address',
        `The server listens on ${address}, but the issuer ${issuer} sends everyone to port ${issuerPort}. Make KEYTURN_PORT and KEYTURN_ISSUER agree, unless something forwards.`,
      ),
    ];
  if (!loopback && listensOnLoopback)
    return [
      advice(
        'address',
        `The server listens on ${address} only. That is right behind a proxy on this machine; in a container set KEYTURN_HOST=0.0.0.0.`,
      ),
    ];
  return [good('address', `The server listens on ${address} for the issuer ${issuer}.`)];
};

export const checkConfiguration = (config: Config): readonly Finding[] => [
  ...timings(config.policy, config.accessTokenSeconds),
  ...slowVerifiers(config.policy),
  ...(config.remote === undefined ? checkAddress(config) : []),
];
