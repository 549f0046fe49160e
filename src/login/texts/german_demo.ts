// German: what the demo application says.
import { html } from 'hono/html';
import type { Texts } from './catalogue.ts';

export const germanDemo: Texts['demo'] = {
  title: 'Demo-Anwendung',
  lead: 'Eine Anwendung, mit der sich der Anmeldedienst ausprobieren lässt. Es gibt sie nur bei Diensten auf Loopback.',
  nobody: 'Hier ist niemand angemeldet',
  nobodyLead: 'Die Anmeldung führt zum Anmeldedienst und zurück: Authorization Code, PKCE, genaue Redirect-URI.',
  signIn: 'Anmelden',
  signedIn: 'Angemeldet',
  signedInLead: (account) =>
    html`Das ID-Token wurde mit dem Schlüsselsatz des Anmeldedienstes geprüft. Die Token liegen in einem versiegelten Cookie dieses Browsers und nirgends sonst. ${account} zeigt, was diese Anwendung darf.`,
  account: 'Ihr Konto',
  signOut: 'Abmelden',
  refresh: 'Erneuern',
  idToken: 'ID-Token',
  idTokenLead: 'Für diese Anwendung: wer sich angemeldet hat, wann und wie.',
  accessToken: 'Access-Token',
  accessTokenLead: 'Für den Dienst, den es als Empfänger nennt und der es offline prüft.',
  expires: (fromNow) => `Es läuft ${fromNow} ab.`,
  expired: 'Es ist abgelaufen: Erneuern bringt ein neues.',
  header: 'Kopf',
  claims: 'Angaben',
  asSent: 'Wie es gesendet wurde',
  problems: {
    state: 'Dieser Browser hat um keine solche Antwort gebeten (state). Melden Sie sich erneut an.',
    issuer: 'Die Antwort ist von einem anderen Anmeldedienst (iss, RFC 9207). Melden Sie sich erneut an.',
    id_token: 'Das ID-Token ist nicht für diese Anwendung und diese Anfrage (aud, nonce). Melden Sie sich erneut an.',
    too_long: 'Die Token sind zu lang für ein Cookie, in dem die Demo sie aufbewahrt.',
  },
};
