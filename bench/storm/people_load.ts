// A hundred people who sign in at once. A child process of its own, so that making their requests keeps
// the process that times the tokens from nothing.
import { constants, setPriority } from 'node:os';
import { createSend } from '../flows/send.ts';
import { people, signInRequest } from './person.ts';

export interface PeopleJob {
  readonly issuer: string;
  /** Which one it is, for each sign-in is from an address of its own. */
  readonly volley: number;
}

/** How many sign-ins got which status. */
export type SignIns = Readonly<Record<string, number>>;

// Their browsers run elsewhere: here they must not take the server's processor.
setPriority(constants.priority.PRIORITY_LOW);

const send = createSend(people.length);

const signInAll = async ({ issuer, volley }: PeopleJob): Promise<SignIns> => {
  const signIns: Record<string, number> = {};
  await Promise.all(
    people.map(async (username, place) => {
      const { status } = await send(signInRequest(issuer, username, volley * people.length + place));
      signIns[status] = (signIns[status] ?? 0) + 1;
    }),
  );
  return signIns;
};

process.on('message', async (job: PeopleJob) => {
  process.send?.(await signInAll(job).catch((error: unknown) => ({ complaint: String(error) })));
});
process.once('disconnect', () => process.exit());
