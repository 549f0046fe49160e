import { describe, expect, test } from 'vitest';
import { postLogoutRedirectUriComplaint, redirectUriComplaint } from '../../src/client_registration/redirect_uri.ts';

const registrable = [
  'https://app.example.com/callback',
  'https://app.example.com',
  'https://app.example.com:8443/a?b=c',
  'HTTPS://APP.example.com/Callback',
  'https://[2001:db8::1]/callback',
  'http://127.0.0.1',
  'http://127.0.0.1:49152/callback',
  'http://localhost/callback',
  'http://[::1]:3000/callback',
  'com.example.app:/callback',
  'com.example.app://callback',
  'https://app.example.com/code?codes=1&next=state%3Dx&State=y',
];

const refused: Readonly<Record<string, readonly string[]>> = {
  'never a redirection URI': [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'DATA:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://app.example.com/1',
  ],
  'printable ASCII': [
    '\tjavascript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    ' https://app.example.com/',
    'https://app.example.com/a b',
    'https://äpp.example.com/',
  ],
  'in the query': [
    'https://app.example.com/?code=1',
    'https://app.example.com/?a=b&state',
    'https://app.example.com/?%69ss=https%3A%2F%2Fid.example.com',
    'http://127.0.0.1/?error=none',
    'com.example.app:/cb?error_description=x',
    'com.example.app:/cb?error_uri=',
  ],
  'no fragment': ['https://app.example.com/#', 'https://app.example.com/#x', 'com.example.app:/cb#x'],
  'no wildcard': ['https://*.example.com/callback', 'https://app.example.com/*'],
  'no user name': [
    'https://user@app.example.com/',
    'https://user:pass@app.example.com/',
    'https://app.example.com@evil/',
  ],
  'http is for loopback alone': [
    'http://app.example.com/callback',
    'http://localhost.evil.com/',
    'http://127.0.0.1.evil.com/',
    'http://127.1/',
    'http://2130706433/',
  ],
  backslash: ['https://app.example.com\\@evil.example/', 'https:\\\\app.example.com/'],
  'private-use scheme': ['myapp:/callback', 'urn:ietf:wg:oauth:2.0:oob'],
  'absolute URI': ['', '/callback', 'app.example.com/callback', 'com.example.app:'],
  'expected https://HOST': ['https:app.example.com', 'https:/app.example.com', 'https:///callback', 'https://a:b/'],
};

describe('redirection URIs at registration, RFC 8252 §7, RFC 9700 §4.1', () => {
  test.each(registrable)('%s may be registered', (uri) => {
    expect(redirectUriComplaint(uri)).toBeUndefined();
  });

  test.each(
    Object.entries(refused).flatMap(([why, uris]) => uris.map((uri) => ({ uri, shown: JSON.stringify(uri), why }))),
  )('T050: $shown is refused: $why', ({ uri, why }) => {
    expect(redirectUriComplaint(uri)).toContain(why);
  });

  test('one as long as no browser takes is refused with both numbers', () => {
    expect(redirectUriComplaint(`https://app.example.com/${'x'.repeat(2048)}`)).toMatch(/at most 2048 .* has 2072/);
  });

  test('after a sign-out comes no authorization response: a code in the query is the application’s own', () => {
    expect(postLogoutRedirectUriComplaint('https://app.example.com/?code=1')).toBeUndefined();
    expect(postLogoutRedirectUriComplaint('https://app.example.com/#x')).toContain('no fragment');
  });
});
