import { beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../src/endpoints/paths.ts';
import { openPeople, type People } from '../people.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople({ environment: { KEYTURN_SIGN_UP: 'on' } });
});

const filled = (bytes: number): string => 'filler='.padEnd(bytes, 'x');

describe('what is refused before a page sees it is told on a page', () => {
  test.each([
    paths.authorization,
    paths.login,
    paths.consent,
    paths.sign_up,
    paths.end_session,
    `${paths.account}/sessions`,
    `${paths.account}/applications`,
    `${paths.account}/password`,
  ])('a body of more than 64 KiB, POST %s', async (path) => {
    const refused = await people.openBrowser().post(path, filled(65_537));
    expect(refused.status).toBe(413);
    expect(refused.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(refused.headers.get('Connection')).toBe('close');
    expect(refused.headers.get('X-Frame-Options')).toBe('DENY');
    expect(refused.html).toContain(refused.headers.get('X-Request-Id'));
    expect((await people.openBrowser().post(path, filled(65_536))).status).not.toBe(413);
  });
});
