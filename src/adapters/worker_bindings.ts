// Which settings are among the bindings of a Worker. Bindings have types, and wrangler.toml leaves `60` a number: what is no
// text is refused, since passing it over would leave the default in force. There is no issuer by default either: what is
// made for a wrong one is bound to it.
import { OperatorError } from '../errors.ts';

const where = 'docs/deploying-on-workers.md';

/** @throws {OperatorError} where the issuer is missing, or a setting is no text. */
export const settingsAmong = (bindings: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> => {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(bindings)) {
    if (typeof value === 'string') settings[name] = value;
    else if (name.startsWith('KEYTURN_'))
      throw new OperatorError(
        `${name} is a ${typeof value} among the bindings, and settings are texts. In wrangler.toml write its value in quotes: ${where}.`,
      );
  }
  if (!settings.KEYTURN_ISSUER)
    throw new OperatorError(
      `KEYTURN_ISSUER is missing. Choose it for good, under [vars] in wrangler.toml, like KEYTURN_ISSUER = "https://id.example.com": ${where}.`,
    );
  return settings;
};
