import { type Environment, unknownSettings } from '../config.ts';
import { settings } from '../settings.ts';
import { nearestName } from './nearest_name.ts';

const prefix = 'KEYTURN_';
const withoutPrefix = (name: string): string => name.slice(prefix.length);

/** One sentence for each variable that looks like a setting and is none. */
export const unknownSettingComplaints = (environment: Environment): readonly string[] =>
  unknownSettings(environment).map((name) => {
    const nearest = nearestName(withoutPrefix(name), Object.keys(settings).map(withoutPrefix));
    const advice = nearest === undefined ? 'docs/configuration.md lists them' : `did you mean ${prefix}${nearest}?`;
    return `${name} is set, but there is no such setting, so it changes nothing: ${advice}`;
  });
