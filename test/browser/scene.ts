// What a browser test begins with: Chromium, an issuer where people may sign up, an application that is registered there,
// and Ada, who has an account.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Client } from '../../src/seams/client_store.ts';
import { type IssuerHere, openIssuer } from '../issuer_here.ts';
import type { Person } from '../issuer_records.ts';
import { processTestMilliseconds } from '../running_server.ts';
import { type Application, startApplication } from './application.ts';
import { launchChromium } from './chromium.ts';

export interface Scene {
  readonly browser: Browser | undefined;
  readonly server: IssuerHere;
  readonly application: Application;
  readonly ada: Person;
}

/**
 * To be called where a file begins; without Chromium nothing is started, and its tests are skipped.
 *
 * @param register - adds what the application needs besides. @returns what its client is, beyond name and redirect URI.
 */
export const openScene = (register: (server: IssuerHere) => Promise<Partial<Client>> = async () => ({})): Scene => {
  vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });
  // Filled before the first test.
  const scene = {} as Scene;
  beforeAll(async () => {
    const browser = await launchChromium();
    if (browser === undefined) return;
    const [server, application] = await Promise.all([openIssuer({ KEYTURN_SIGN_UP: 'on' }), startApplication()]);
    Object.assign(scene, { browser, server, application, ada: await server.addPerson('ada') });
    const client = { clientName: 'Orbit Notes', redirectUris: [application.redirectUri], ...(await register(server)) };
    await server.addClient('orbit', client);
  });
  afterAll(async () => {
    await scene.browser?.close();
    await scene.application?.close();
    await scene.server?.close();
  });
  return scene;
};
