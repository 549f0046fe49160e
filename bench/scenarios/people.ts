// What people's sign-ins are made of: the code flow of a signed-in browser, and the refreshes after it.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { codeFlowName, relyingParty, runCodeFlow } from '../flows/code.ts';
import type { TokenAnswer } from '../flows/flow.ts';
import { refreshName, refreshOnce } from '../flows/refresh.ts';
import { createSend } from '../flows/send.ts';
import { type Entrant, overOidcProvider, type Scenario } from '../scenario.ts';
import { onSlowDisk } from '../slow_disk.ts';

/** @throws {Error} when they are not ES256 tokens for the same resource and the same client. */
const proveTokens = async ({ contender }: Entrant, answer: TokenAnswer): Promise<void> => {
  const keys = createLocalJWKSet((await (await fetch(contender.jwksUri)).json()) as JSONWebKeySet);
  const expected = { issuer: contender.issuer, algorithms: ['ES256'] };
  await jwtVerify(answer.access_token, keys, { ...expected, audience: relyingParty.resource, typ: 'at+jwt' });
  await jwtVerify(answer.id_token, keys, { ...expected, audience: relyingParty.clientId });
};

const checkCodeFlow = async (entrants: readonly Entrant[]): Promise<void> => {
  for (const entrant of entrants) {
    const { flow } = entrant;
    if (flow?.kind === 'code') await proveTokens(entrant, await runCodeFlow(flow, createSend(1)));
  }
};

const checkRefresh = async (entrants: readonly Entrant[]): Promise<void> => {
  for (const entrant of entrants) {
    const code = entrant.contender.flows?.[codeFlowName];
    const { flow } = entrant;
    if (flow?.kind !== 'refresh' || code?.kind !== 'code') continue;
    const send = createSend(1);
    const { refresh_token } = await runCodeFlow(code, send);
    await proveTokens(entrant, await refreshOnce(flow, refresh_token, send));
  }
};

export const codeFlow: Scenario = {
  name: codeFlowName,
  check: checkCodeFlow,
  ratios: [overOidcProvider('code flow: per CPU second, Keyturn over oidc-provider')],
};

export const refresh: Scenario = {
  name: refreshName,
  check: checkRefresh,
  ratios: [
    {
      words: 'refreshes per second, group commit over a commit for each',
      of: (measured) => measured('keyturn').perSecond / measured('keyturn_commit_each').perSecond,
      atLeast: 3,
    },
    {
      words: 'the same, each wait for the disk 1 ms longer',
      of: (measured) =>
        measured(onSlowDisk('keyturn')).perSecond / measured(onSlowDisk('keyturn_commit_each')).perSecond,
      atLeast: 3,
    },
    overOidcProvider('refreshes per CPU second, Keyturn over oidc-provider'),
    {
      words: 'refreshes per second, Keyturn over oidc-provider',
      of: (measured) => measured('keyturn').perSecond / measured('oidc_provider').perSecond,
    },
  ],
};
