import { describe, expect, test } from 'vitest';
import { isRegisteredRedirectUri } from '../../src/authorization_request/redirect_uri.ts';
import { redirectUriComplaint } from '../../src/client_registration/redirect_uri.ts';
import { makeClient } from '../contracts/records.ts';

const registered = 'https://app.example.com/callback';
const web = makeClient('app', { redirectUris: [registered] });
const native = (...redirectUris: string[]) => makeClient('app', { applicationType: 'native', redirectUris });

describe('redirect_uri, RFC 9700 §2.1', () => {
  test('the registered one is taken, to the letter', () => {
    expect(isRegisteredRedirectUri(registered, web)).toBe(true);
  });

  test.each([
    ['a prefix', 'https://app.example.com/call'],
    ['a longer path', `${registered}/more`],
    ['a path below', `${registered}/../callback`],
    ['an encoded path below', `${registered}/%2e%2e/callback`],
    ['an encoded letter', 'https://app.example.com/%63allback'],
    ['a backslash', 'https://app.example.com\\callback'],
    ['a backslash before another host', 'https://evil.example\\@app.example.com/callback'],
    ['a host after an @', 'https://app.example.com@evil.example/callback'],
    ['a user name', 'https://ada@app.example.com/callback'],
    ['a port', 'https://app.example.com:8443/callback'],
    ['the default port', 'https://app.example.com:443/callback'],
    ['a host in capitals', 'https://APP.example.com/callback'],
    ['a scheme in capitals', 'HTTPS://app.example.com/callback'],
    ['another scheme', 'http://app.example.com/callback'],
    ['no scheme', '//app.example.com/callback'],
    ['a slash at the end', `${registered}/`],
    ['a query', `${registered}?next=https://evil.example`],
    ['an empty query', `${registered}?`],
    ['a fragment', `${registered}#`],
    ['a tab inside', 'https://app.exa\tmple.com/callback'],
    ['a newline at the end', `${registered}\n`],
    ['a space before', ` ${registered}`],
    ['a dot after the host', 'https://app.example.com./callback'],
    ['a host that ends alike', 'https://evil-app.example.com/callback'],
    ['a host that begins alike', 'https://app.example.com.evil.example/callback'],
    ['a confusable letter', 'https://\u0430pp.example.com/callback'],
    ['its punycode', 'https://xn--pp-7kc.example.com/callback'],
    ['two slashes', 'https://app.example.com//callback'],
    ['nothing', ''],
  ])('T048: with %s it is another URI, and refused', (_, presented) => {
    expect(isRegisteredRedirectUri(presented, web)).toBe(false);
    expect(isRegisteredRedirectUri(presented, native(registered))).toBe(false);
  });

  test('T051: what is registered is no pattern: a dot is a dot, a star a star', () => {
    expect(isRegisteredRedirectUri('https://appxexample.com/callback', web)).toBe(false);
    const starred = makeClient('app', {
      redirectUris: ['https://app.example.com/.*', 'https://*.example.com/callback'],
    });
    expect(isRegisteredRedirectUri('https://app.example.com/anything', starred)).toBe(false);
    expect(isRegisteredRedirectUri(registered, starred)).toBe(false);
    expect(redirectUriComplaint('https://*.example.com/callback')).toContain('wildcard');
  });
});

describe('loopback redirect_uri, RFC 8252 §7.3', () => {
  const loopback = native('http://127.0.0.1/callback', 'http://[::1]:8000/callback', 'http://localhost/callback?a=b');

  test.each(['http://127.0.0.1:51004/callback', 'http://[::1]:1/callback', 'http://localhost:65535/callback?a=b'])(
    'T049: a native app may listen on any port: %s',
    (presented) => {
      expect(isRegisteredRedirectUri(presented, loopback)).toBe(true);
    },
  );

  test.each([
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:80:80/callback',
    'http://127.0.0.1:51004/other',
    'http://127.0.0.1:51004/callback?a=b',
    'http://127.0.0.1:51004/callback#a',
    'http://127.0.0.1:51004/callback/',
    'https://127.0.0.1:51004/callback',
    'http://127.0.0.1.evil.example:51004/callback',
    'http://127.0.0.1.evil:51004/callback',
    'http://localhost.evil.example/callback?a=b',
    'http://evil@127.0.0.1:51004/callback',
    'http://127.0.0.1:51004@evil.example/callback',
    'http://127.0.0.1\\@evil.example/callback',
    'http://127.0.0.2:51004/callback',
    'http://127.1:51004/callback',
    'http://2130706433:51004/callback',
    'http://0x7f.0.0.1:51004/callback',
    'http://0.0.0.0:51004/callback',
    'http://[::ffff:127.0.0.1]:51004/callback',
    'http://localhost:51004/callback',
    'http://LOCALHOST:51004/callback?a=b',
  ])('T049: what only resembles loopback, or differs in more than its port, is refused: %s', (presented) => {
    expect(isRegisteredRedirectUri(presented, loopback)).toBe(false);
  });

  test('T049: a web client has no free port', () => {
    const { redirectUris } = loopback;
    const asWeb = makeClient('app', { redirectUris });
    expect(isRegisteredRedirectUri('http://127.0.0.1:51004/callback', asWeb)).toBe(false);
    expect(isRegisteredRedirectUri('http://127.0.0.1/callback', asWeb)).toBe(true);
  });
});

describe('dangerous schemes', () => {
  const dangerous = [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    '\u0001javascript:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'DATA:text/html;base64,PHA+',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'FILE:///etc/passwd',
    'blob:https://app.example.com/1',
    'about:blank',
    'view-source:https://app.example.com',
  ];

  test.each(dangerous)('T050: %j cannot be registered, and is not one of a client that tries it', (uri) => {
    expect(redirectUriComplaint(uri)).toMatch(/ is never a redirection URI$|^expected printable ASCII/);
    expect(isRegisteredRedirectUri(uri, web)).toBe(false);
    expect(isRegisteredRedirectUri(uri, native('com.example.app:/callback', 'http://127.0.0.1/'))).toBe(false);
  });
});
