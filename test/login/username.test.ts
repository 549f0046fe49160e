import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { canonicalEmail, canonicalLogin, canonicalUsername } from '../../src/login/username.ts';
import { anyText } from '../properties/any_text.ts';

describe('one canonical username, RFC 8265 §3.3', () => {
  test.each([
    ['case', 'ADMIN'],
    ['full-width letters', 'ａｄｍｉｎ'],
    ['mathematical letters', '𝐚𝐝𝐦𝐢𝐧'],
    ['circled letters', 'ⓐⓓⓜⓘⓝ'],
    ['spaces around', '  admin\t'],
    ['an ideographic space around', '\u3000admin'],
  ])('T104: %s make the same name, so that it collides with it', (_, presented) => {
    expect(canonicalUsername(presented)).toBe('admin');
  });

  test('T104: what is far longer than a name is none, and no time is spent on putting its accents in order', () => {
    const normalize = vi.spyOn(String.prototype, 'normalize');
    onTestFinished(() => normalize.mockRestore());
    const accents = `a${'\u0301\u0316'.repeat(5000)}`;
    expect(canonicalUsername(accents)).toBeUndefined();
    expect(canonicalEmail(`${accents}@example.org`)).toBeUndefined();
    expect(normalize).not.toHaveBeenCalled();
  });

  test('T104: the Kelvin sign and the long s are the letters they stand for', () => {
    expect(canonicalUsername('\u212aelvin')).toBe('kelvin');
    expect(canonicalUsername('\u017fam')).toBe('sam');
    expect(canonicalUsername('ﬁona')).toBe('fiona');
  });

  test.each([
    ['a Cyrillic а', 'аdmin'],
    ['a Greek ο', 'rοοt'],
    ['a dotless ı', 'adm\u0131n'],
    ['a dotted capital İ', 'adm\u0130n'],
    ['a zero-width space', 'ad\u200bmin'],
    ['a zero-width joiner', 'ad\u200dmin'],
    ['a soft hyphen', 'ad\u00admin'],
    ['a byte order mark inside', 'ad\ufeffmin'],
    ['a right-to-left override', '\u202enimda'],
    ['a right-to-left mark', 'admin\u200f'],
    ['Hebrew', 'אדמין'],
    ['an emoji', 'admin😀'],
    ['a combining accent', 'admi\u0301n'],
    ['a NUL', 'admin\0'],
    ['a line break inside', 'ad\nmin'],
    ['a lone surrogate', 'admin\ud800'],
    ['a space inside', 'ad min'],
    ['a slash', 'admin/..'],
    ['a colon', 'admin:x'],
    ['a dot at the end', 'admin.'],
    ['nothing', ''],
    ['spaces alone', '   '],
    ['300 code points', 'a'.repeat(300)],
    ['65 characters', 'a'.repeat(65)],
  ])('T104: %s is in no username', (_, presented) => {
    expect(canonicalUsername(presented)).toBeUndefined();
  });

  test('64 characters are the most, one is the least', () => {
    expect(canonicalUsername('a'.repeat(64))).toBe('a'.repeat(64));
    expect(canonicalUsername('7')).toBe('7');
    expect(canonicalUsername('a.b-c_d')).toBe('a.b-c_d');
  });

  test('T104: whatever is typed, a canonical name is its own canonical name and ASCII', () => {
    const typed = fc.oneof(
      anyText(40),
      fc.string({ unit: fc.constantFrom(...'aZ9._-ａﬀ \u0130\u212a'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(typed, (presented) => {
        const name = canonicalUsername(presented);
        if (name === undefined) return;
        expect(name).toMatch(/^[a-z0-9._-]{1,64}$/);
        expect(canonicalUsername(name)).toBe(name);
        expect(name).not.toContain('@');
      }),
    );
  });
});

describe('one canonical e-mail address', () => {
  test.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    ['ａｄａ@ｅｘａｍｐｌｅ.org', 'ada@example.org'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
    ['ada@BU\u0308CHER.example', 'ada@xn--bcher-kva.example'],
    ["o'brien+tag@mail.example.org", "o'brien+tag@mail.example.org"],
  ])('T104: %s is %s', (presented, canonical) => {
    expect(canonicalEmail(presented)).toBe(canonical);
  });

  test.each([
    ['a Cyrillic а before the @', 'аda@example.org'],
    ['no @', 'ada'],
    ['nothing before the @', '@example.org'],
    ['a host without a dot', 'ada@localhost'],
    ['a network address', 'ada@127.0.0.1'],
    ['a network address in another spelling', 'ada@0x7f.1'],
    ['a port', 'ada@example.org:25'],
    ['a second @', 'ada@evil.example@example.org'],
    ['a backslash', 'ada@example.org\\x'],
    ['a query', 'ada@example.org?x'],
    ['quotes', '"ada"@example.org'],
    ['a line break, for another header', 'ada@example.org\r\nBcc: eve@example.org'],
    ['two dots', 'a..da@example.org'],
    ['a zero-width space before the @', 'ad\u200ba@example.org'],
    ['a right-to-left override', '\u202eada@example.org'],
    ['65 characters before the @', `${'a'.repeat(65)}@example.org`],
    ['a dot behind the domain, of another account with the same mailbox', 'ada@example.org.'],
    ['a dot and no more in the domain', 'ada@org.'],
    ['a domain that begins with a dot', 'ada@.org'],
    ['two dots in the domain', 'ada@example..org'],
    ['a comma, for a second address', 'ada@example.org,evil.example'],
    ['markup in the domain', "ada@example.org'onload='x.org"],
    ['a hyphen where a label ends', 'ada@example-.org'],
    ['300 characters', `ada@${'a.'.repeat(148)}org`],
  ])('T104: %s is no address', (_, presented) => {
    expect(canonicalEmail(presented)).toBeUndefined();
  });

  test('T104: a domain written with Cyrillic а is another address, in its ASCII form', () => {
    expect(canonicalEmail('ada@exаmple.org')).toMatch(/^ada@xn--/);
  });

  test('T104: a canonical address is its own canonical address, and never a username', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (presented) => {
        const email = canonicalEmail(presented);
        if (email === undefined) return;
        expect(canonicalEmail(email)).toBe(email);
        expect(canonicalUsername(email)).toBeUndefined();
      }),
    );
  });
});

test('what has an @ is looked up as an e-mail address, what has none as a username', () => {
  expect(canonicalLogin('ADA@example.org')).toBe('ada@example.org');
  expect(canonicalLogin('ADA')).toBe('ada');
  expect(canonicalLogin('ADA＠example.org')).toBeUndefined();
});
