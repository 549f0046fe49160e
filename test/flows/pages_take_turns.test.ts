// Token requests do not wait behind pages. Nothing here measures time: what counts is who was answered before whom.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventLoopTurns } from '../../src/adapters/event_loop_turns.ts';
import { createApp } from '../../src/app.ts';
import { addClient, addResource, basic, createTestProvider, postToken, type TestProvider } from '../test_provider.ts';

let provider: TestProvider;

beforeAll(async () => {
  provider = await createTestProvider();
  await addResource(provider.store);
  await addClient(provider.store, 'service');
});

afterAll(() => provider.store.close());

describe('pages take turns', () => {
  test('T106: a token request is answered while a hundred page requests wait their turn', async () => {
    let begun = 0;
    const waiting: (() => void)[] = [];
    const takeTurn = () =>
      new Promise<void>((resolve) => {
        waiting.push(() => {
          begun += 1;
          resolve();
        });
      });
    const app = createApp({ ...provider, takeTurn });
    const pages = Array.from({ length: 100 }, () => app.request('/login'));
    const headers = { Authorization: basic('service') };
    expect((await postToken(app, { grant_type: 'client_credentials' }, headers)).status).toBe(200);
    expect(begun).toBe(0);
    for (const begin of waiting) begin();
    for (const page of await Promise.all(pages)) expect(page.status).toBe(200);
    expect(begun).toBe(100);
  });

  test('T106: a page for which too many wait is refused with 503 and Retry-After, its body unread', async () => {
    const app = createApp({ ...provider, takeTurn: createEventLoopTurns(1) });
    const body = new URLSearchParams({ login: 'ada', password: 'secret' });
    const requests = Array.from(
      { length: 3 },
      () => new Request('https://id.example.com/login', { method: 'POST', body, headers: { 'Content-Length': '25' } }),
    );
    const answers = await Promise.all(requests.map((request) => app.fetch(request)));
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 503]);
    expect(answers[2]?.headers.get('Retry-After')).toBe('5');
    expect(requests[2]?.bodyUsed).toBe(false);
  });
});
