// What is told of an address that cannot be listened on.
import { describe, expect, test } from 'vitest';
import { listenError } from '../../src/adapters/listening_address.ts';
import { OperatorError } from '../../src/errors.ts';

const toldOf = (code: string): unknown => listenError('db.example', 80, Object.assign(new Error(code), { code }));

describe('an address that cannot be listened on is told with what to set', () => {
  test.each([
    ['EADDRINUSE', /^Port 80 on db\.example is in use .* KEYTURN_PORT/],
    ['EACCES', /may not listen on port 80\. Set KEYTURN_PORT/],
    ['EADDRNOTAVAIL', /^db\.example is not an address of this machine\. Set KEYTURN_HOST/],
    ['ENOTFOUND', /^db\.example is not an address of this machine\. Set KEYTURN_HOST/],
    ['EINVAL', /^db\.example is not an address of this machine\. Set KEYTURN_HOST/],
    ['EAFNOSUPPORT', /^db\.example is not an address of this machine\. Set KEYTURN_HOST/],
    ['EAI_AGAIN', /^The name service does not answer for db\.example\. .* KEYTURN_HOST/],
    ['EMFILE', /open files \(LimitNOFILE/],
  ])('%s', (code, words) => {
    expect(() => {
      throw toldOf(code);
    }).toThrow(words);
    expect(toldOf(code)).toBeInstanceOf(OperatorError);
  });

  test('any other error is left as it is', () => {
    expect(toldOf('EIO')).not.toBeInstanceOf(OperatorError);
  });
});
