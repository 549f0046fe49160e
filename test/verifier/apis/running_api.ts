// The API of middleware.test.ts: a public route, and others behind tokens and guards, the same in each framework.
import type { AddressInfo } from 'node:net';
import type { AccessTokenVerifier, RequireTokenOptions } from '../../../src/verifier/access.ts';
import type { ProtectedResourceOptions } from '../../../src/verifier/protected_resource.ts';

export interface ApiSurroundings {
  readonly verifier: AccessTokenVerifier;
  readonly resource: ProtectedResourceOptions;
  readonly options: RequireTokenOptions;
}

export interface RunningApi {
  readonly port: number;
  close(): Promise<void>;
}

export type StartApi = (surroundings: ApiSurroundings) => Promise<RunningApi>;

export const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
