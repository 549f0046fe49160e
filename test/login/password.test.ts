import { describe, expect, test } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { isPasswordTooLong, normalizePassword, passwordFault } from '../../src/login/password.ts';

const faultOf = (typed: string, names: readonly string[] = []) => passwordFault(normalizePassword(typed), names);

describe('what a password may be, NIST SP 800-63B-4 §3.1.1.2', () => {
  test.each([
    ['a phrase with spaces', 'four unrelated words here'],
    ['15 characters', 'qkzhw vmrpt xln'],
    ['64 characters', `${'Tr0ub4dor&3 '.repeat(5)}abcd`],
    ['a thousand characters', `${'lorem ipsum dolor '.repeat(56)}.`],
    ['emoji', '🐎🔋📎✅ and a horse'],
    ['15 emoji', '🐎🔋📎✅🎩🌵🍋🚲🧲🪁🦉🎻🧊🛶🗿'],
    ['another script', 'правильная лошадь батарея'],
    ['a NUL inside', 'before\0and after it'],
    ['quotes and markup', `'"><script>; DROP--`],
    ['4096 bytes', 'lorem ipsum '.repeat(400).slice(0, 4096)],
  ])('T105: %s may be chosen', (_, typed) => {
    expect(faultOf(typed)).toBeUndefined();
  });

  test('T105: characters are counted as people do, not in bytes or surrogates', () => {
    expect(faultOf('🐎🔋📎✅🎩🌵🍋🚲🧲🪁🦉🎻🧊🛶')).toBe('too_short');
    expect(faultOf('qkzhw vmrpt xl')).toBe('too_short');
    expect(faultOf('')).toBe('too_short');
  });

  test('T105: past 4 KB nothing more is done with it', () => {
    expect(faultOf('lorem ipsum '.repeat(400).slice(0, 4097))).toBe('too_long');
    expect(isPasswordTooLong('é'.repeat(2048))).toBe(false);
    expect(isPasswordTooLong('é'.repeat(2049))).toBe(true);
  });

  test('T105: what is too long as it is typed cannot be chosen, as it cannot be signed in with, however short it gets in NFC', () => {
    const typed = 'e\u0301a\u0323x'.repeat(600);
    expect(isPasswordTooLong(typed)).toBe(true);
    expect(isPasswordTooLong(typed.normalize('NFC'))).toBe(false);
    expect(faultOf(typed)).toBe('too_long');
  });

  test.each(['passwordpassword', 'PasswordPassword', 'qwertyuiop12345', '1QAZ2WSX3EDC4RFV'])(
    'T105: %s is on the list of common ones, in any case',
    (typed) => {
      expect(faultOf(typed)).toBe('common');
    },
  );

  test.each([
    ...[
      'correcthorsebatterystaple',
      'Correct Horse Battery Staple',
      'correct-horse-battery-staple-1',
      'C0rrecth0rsebatterystaple!',
    ],
    ...[
      'thequickbrownfox',
      'The quick brown fox jumps over the lazy dog.',
      'lorem ipsum dolor sit amet',
      'iloveyouforever',
    ],
    ...['maytheforcebewithyou', 'tobeornottobe2024', 'nevergonnagiveyouup', 'youshallnotpass', 'thisismypassword'],
    ...[
      'Franz jagt im komplett verwahrlosten Taxi',
      'ichliebedich2010',
      'passwortpasswort1',
      'Donaudampfschifffahrtsgesellschaft',
    ],
  ])('T105: %s is a phrase that everybody knows', (typed) => {
    expect(faultOf(typed)).toBe('common');
  });

  test.each([
    ...[
      'passwordpassword1',
      'password12345678',
      'Password_20240101',
      '2024Password2024!',
      'p@ssw0rdp@ssw0rd1',
      'PA$$W0RD!!!!!!!!1',
    ],
    ...[
      'letmeinletmein12',
      'letmein-letmein-letmein-1',
      '1loveyou1loveyou2',
      'iloveyou12345678',
      'sunshine!sunshine!1',
    ],
    ...['password123password123', 'administrator123', 'administrator!!!', 'trustno1!!!!!!!!', 'Superman1234567'],
    ...['ｐａｓｓｗｏｒｄ１２３４５６７', 'passwörd12345678', '12345678password', '1234567welcome123'],
  ])('T105: %s is a common password, repeated or with digits and signs about it', (typed) => {
    expect(faultOf(typed)).toBe('common');
  });

  test.each([
    ...[
      'qwertyuiopasdfgh',
      'qwertyuiop[]asdfghjkl',
      'asdfghjklzxcvbnm',
      'mnbvcxzlkjhgfdsa',
      'qwerty-asdfgh-zxcvbn',
      'QwErTyUiOpAsDfG',
    ],
    ...[
      '!QAZ2wsx#EDC4rfv',
      'zaq1xsw2cde3vfr4',
      'qweasdzxc123456',
      'qazwsxedcrfvtgb1',
      '1q2w3e4r5t6y7u8i',
      '1a2b3c4d5e6f7g8h',
    ],
    ...[
      'qwertzuiopasdfg',
      'azertyuiopqsdfg',
      'abcdefgh12345678',
      '0987654321poiuyt',
      '!@#$%^&*()qwerty',
      '147258369 741852963',
    ],
  ])('T105: %s is a walk over the keyboard', (typed) => {
    expect(faultOf(typed)).toBe('common');
  });

  test.each([
    ...['the correct horse has a battery staple', 'password managers are fine things', 'monkey dragon shadow master'],
    ...[
      'letmein to the garden of roses',
      'my dragon likes 12 red shoes',
      'dragon 4915123456789',
      'qwerty is a keyboard layout',
    ],
    ...[
      '12 monkeys and a sunshine',
      'asdf movie was quite funny',
      'Tr0ub4dor&3 Tr0ub4dor&4',
      '83715029461538207',
      'x7Kq9mZp2LwTr4vN',
    ],
    ...[
      'sunshine over the seven hills',
      '1234 dragons 5678 eggs',
      'правильная password1',
      '🐎🔋📎✅🎩🌵🍋🚲🧲🪁🦉 asdf',
      '🐎🔋📎✅🎩🌵🍋🚲🧲🪁🦉🎻🧊 1',
      'drei graue Esel im Regen',
      'dragonflies at dusk 7',
    ],
  ])('T105: %s is none of these: the whole is compared, not the words in it', (typed) => {
    expect(faultOf(typed)).toBeUndefined();
  });

  test.each([
    ['signs', `${'!'.repeat(4095)}a`],
    ['one walk and no more', `${'qwertyuiop'.repeat(409)}zz`],
    ['letters', `${'lorem ipsum '.repeat(341)}x`],
    ['a word over and over', `${'sunshine'.repeat(511)}sunshinx`],
  ])('T134: 4 KB of %s may be chosen: what is longer than any spelling is not compared', (_, typed) => {
    expect(faultOf(typed)).toBeUndefined();
  });

  test.each([
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabcabc',
    'Hunter12hunter12HUNTER12',
    'abcdefghijklmnopq',
    '1234567890123456',
    '9876543210/.-,+',
  ])('T105: %s is one pattern', (typed) => {
    expect(faultOf(typed)).toBe('repetitive');
  });

  test('T105: the name of the user or of the service does not make up most of it', () => {
    const names = ['adalovelace', 'ada', 'id.example.com'];
    expect(faultOf('AdaLovelace1815', names)).toBe('names_user');
    expect(faultOf('id.example.com!', names)).toBe('names_user');
    expect(faultOf('adalovelace knew the engine', names)).toBeUndefined();
    expect(faultOf('a canada goose flies', names)).toBeUndefined();
  });
});

describe('the one form a password is hashed in, RFC 8265 §4.2', () => {
  test('T105: composed and decomposed letters are the same password, and so is every kind of space', () => {
    const composed = 'caf\u00e9 au lait, s\u2019il vous pla\u00eet';
    expect(normalizePassword(composed.normalize('NFD'))).toBe(normalizePassword(composed));
    expect(normalizePassword('four\u00a0unrelated\u3000words\u2003here')).toBe('four unrelated words here');
    expect(normalizePassword('\u1100\u1161')).toBe('\uac00');
  });

  test('T105: nothing else is changed: case, compatibility characters, spaces at the ends, length', () => {
    for (const typed of ['  Spaces Kept  ', 'ﬁne ① Ａ', 'tab\tand\nline', '\u200bzero width', 'x'.repeat(5000)])
      expect(normalizePassword(typed)).toBe(typed);
  });

  test('T105: a password is not cut off at 72 bytes, at a NUL, or anywhere', async () => {
    const long = 'lorem ipsum '.repeat(6);
    expect(long).toHaveLength(72);
    for (const [chosen, other] of [
      [`${long}a`, `${long}b`],
      ['before\0and after', 'before\0and other'],
      ['🐎'.repeat(200), '🐎'.repeat(199)],
    ] as const) {
      const passwordHash = await nodeRsPasswordHasher.hash(chosen);
      expect(await nodeRsPasswordHasher.verify(passwordHash, chosen)).toBe(true);
      expect(await nodeRsPasswordHasher.verify(passwordHash, other)).toBe(false);
    }
  });
});
