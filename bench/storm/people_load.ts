// A hundred people who sign in at once, again and again. A child process of its own, so that making their requests keeps
// the process that times the tokens from nothing.
import { createSend } from '../flows/send.ts';
import { people, signInRequest } from './person.ts';

export interface PeopleJob {
  readonly issuer: string;
}

/** How many sign-ins got which status. */
export type SignIns = Readonly<Record<string, number>>;

/** Together below what sign-ins of everyone may burst to. */
const volleys = 5;

const signInAll = async (issuer: string): Promise<SignIns> => {
  const send = createSend(people.length);
  const signIns: Record<string, number> = {};
  for (let volley = 0; volley < volleys; volley += 1)
    await Promise.all(
      people.map(async (username, place) => {
        const { status } = await send(signInRequest(issuer, username, volley * people.length + place));
        signIns[status] = (signIns[status] ?? 0) + 1;
      }),
    );
  return signIns;
};

process.on('message', async ({ issuer }: PeopleJob) => {
  process.send?.(await signInAll(issuer).catch((error: unknown) => ({ complaint: String(error) })));
});
process.once('disconnect', () => process.exit());
