// What a start on a loopback issuer says to whoever sits before it.
import type { Provider } from '../provider.ts';
import type { Log } from '../seams/log.ts';
import { checkAddress } from './check_configuration.ts';
import { prepareDevelopment } from './development.ts';

/** Last, what the walk above would fail by: a port that is not the issuer's. */
export const introduce = async (provider: Provider, log: Log): Promise<void> => {
  const { config } = provider;
  if (!config.loopback) return;
  process.stdout.write(await prepareDevelopment(provider));
  for (const { level, message } of checkAddress(config)) if (level === 'advice') log.warn({}, message);
};
