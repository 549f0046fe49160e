import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { drawTimeline, timelineLegend } from '../../src/cli/draw_timeline.ts';
import { findKey } from '../../src/cli/find_key.ts';
import { instant, relativeTo, spanInWords } from '../../src/cli/instants.ts';
import { nearestName } from '../../src/cli/nearest_name.ts';
import { safeJson, safeText, shellWord } from '../../src/cli/safe_text.ts';
import { columns, wrapText } from '../../src/cli/text_layout.ts';
import type { RingTimeline } from '../../src/keys/timeline.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';

const start = 1_800_000_000;
const day = 86400;
const canvas = { columns: 80, colour: false };

/** 60 days on 60 columns: a column a day. */
const ring: RingTimeline = {
  alg: 'ES256',
  from: start,
  to: start + 60 * day,
  now: start + 20 * day,
  nextTurns: [start + 30 * day],
  keys: [
    {
      kid: 'first-key-with-a-long-kid',
      alg: 'ES256',
      state: 'active',
      segments: [
        { phase: 'active', from: start - 10 * day, to: start + 30 * day },
        { phase: 'retiring', from: start + 30 * day, to: start + 30 * day + 3600 },
      ],
    },
    {
      kid: 'second-key',
      alg: 'ES256',
      state: 'standby',
      segments: [
        { phase: 'standby', from: start + 10 * day, to: start + 30 * day },
        { phase: 'active', from: start + 30 * day, to: start + 60 * day },
      ],
    },
  ],
};

describe('the timeline of a ring in a terminal', () => {
  test('a bar for each key, to scale, with the present marked; an hour is still seen', () => {
    expect(drawTimeline(ring, canvas)).toEqual([
      'ES256               2027-01-15                                        2027-03-16',
      '                                    now ▼',
      `  first-ke active   ${'█'.repeat(30)}▄`,
      `  second-k standby  ${' '.repeat(10)}${'░'.repeat(20)}${'█'.repeat(30)}`,
    ]);
  });

  test('at the left edge the present is named on its right', () => {
    expect(drawTimeline({ ...ring, now: start }, canvas)[1]).toBe(`${' '.repeat(20)}▼ now`);
  });

  test('the phase of the present is never painted over by its neighbours', () => {
    const [key] = ring.keys;
    const brief = {
      ...ring,
      keys: [
        {
          ...(key as (typeof ring.keys)[number]),
          segments: [
            { phase: 'active' as const, from: start, to: start + 3600 },
            { phase: 'retiring' as const, from: start + 3600, to: start + 7200 },
          ],
        },
      ],
      now: start + 60,
    };
    expect(drawTimeline(brief, canvas)[2]).toBe('  first-ke active   █');
  });

  test.each([40, 60, 80, 100])('no line is wider than %i columns', (width) => {
    const lines = drawTimeline(ring, { columns: width, colour: false });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.max(width, 44));
  });

  test('colour is added where it is wanted, and the characters stay the same', () => {
    const coloured = drawTimeline(ring, { columns: 80, colour: true });
    expect(coloured[2]).toContain('\u001b[32m█');
    const plain = coloured.map(stripVTControlCharacters);
    expect(plain).toEqual(drawTimeline(ring, canvas));
    expect(timelineLegend(canvas)).toBe('░ published, waits   █ signs   ▄ verifies only');
  });

  test('a ring without keys draws nothing', () => {
    expect(drawTimeline({ ...ring, keys: [] }, canvas)).toEqual([]);
  });
});

describe('spans and instants in words', () => {
  test.each([
    [0, '0 s'],
    [45, '45 s'],
    [60, '1 min'],
    [119, '1 min 59 s'],
    [3600, '1 h'],
    [43570, '12 h 6 min'],
    [30 * day, '30 d'],
    [30 * day + 59, '30 d'],
    [-90, '1 min 30 s'],
  ])('%i s is %s', (seconds, words) => {
    expect(spanInWords(seconds)).toBe(words);
  });

  test('relative to now', () => {
    expect([relativeTo(100, 160), relativeTo(160, 100), relativeTo(100, 100)]).toEqual([
      'in 1 min',
      '1 min ago',
      'now',
    ]);
  });

  test('an instant there is not does not throw', () => {
    expect(instant(1e300)).toBe('no instant (1e+300)');
  });
});

describe('text for a terminal', () => {
  test('T126: what would move the cursor, turn the text around or break the line is written out', () => {
    expect(safeText('a\u001b[2J\r\n\u202eb\ud800')).toBe('a\\u001b[2J\\u000d\\u000a\\u202eb\\ud800');
    expect(safeText('Ünïcode 鍵 🔑')).toBe('Ünïcode 鍵 🔑');
    expect(safeJson({ a: '\u009b' })).toBe('{\n  "a": "\\u009b"\n}');
  });

  test('a word of a command to paste is what a shell makes one word of, and is plain where it can be', () => {
    for (const plain of ['billing', 'https://api.example.com/v1', 'ada@example.com'])
      expect(shellWord(plain)).toBe(plain);
    const words = [
      '',
      'a b',
      "o'brien@example.com",
      'auth0|4711',
      'https://a.example/?b=1&c=*',
      '$(reboot)',
      '`reboot`;#"',
    ];
    const said = execFileSync('sh', ['-c', `printf '%s\\n' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' });
    expect(said.split('\n')).toEqual([...words, '']);
  });

  test('paragraphs are broken at spaces, longer words stay whole', () => {
    expect(wrapText('one two three', 8, '  ')).toBe('one\n  two\n  three');
    expect(wrapText('overlongword x', 5)).toBe('overlongword\nx');
  });

  test('columns are aligned without blanks at the end', () => {
    expect(
      columns([
        ['a', 'b'],
        ['long', ''],
      ]),
    ).toBe('a     b\nlong');
  });
});

describe('which name was meant', () => {
  test('one with a letter wrong or missing is found, one that is far off is not', () => {
    const known = ['KEYTURN_LEAD_SECONDS', 'KEYTURN_PORT'];
    expect(nearestName('KEYTURN_LEED_SECOND', known)).toBe('KEYTURN_LEAD_SECONDS');
    expect(nearestName('KEYTURN_PROT', known)).toBe('KEYTURN_PORT');
    expect(nearestName('KEYTURN_SOMETHING_ELSE', known)).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});

describe('which key is meant by a kid', () => {
  const keys = ['abcdefgh-1', 'abcdefgh-2', 'zyxwvuts-1'].map((kid) => ({ kid }) as SigningKeyRecord);

  test('a whole kid, or a beginning of at least 8 characters that is one key alone', () => {
    expect(findKey('abcdefgh-1', keys).kid).toBe('abcdefgh-1');
    expect(findKey('zyxwvuts', keys).kid).toBe('zyxwvuts-1');
  });

  test('a beginning of several keys names them all', () => {
    expect(() => findKey('abcdefgh', keys)).toThrow('abcdefgh is the beginning of 2 kids: abcdefgh-1, abcdefgh-2');
  });

  test('a beginning that is too short, and one of no key', () => {
    expect(() => findKey('zyxwvut', keys)).toThrow('at least 8 characters');
    expect(() => findKey('nobody-at-all', keys)).toThrow('No key has the kid nobody-at-all');
  });
});
