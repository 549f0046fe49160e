// What was verified for which request, for frameworks whose requests are objects that live as long as the request does.
import type { Access } from './access.ts';

/** One for each framework: what stands for a request is its own. */
export const createAccessRegister = () => {
  const register = new WeakMap<object, Access>();
  return {
    remember: (request: object, access: Access): void => {
      register.set(request, access);
    },
    /** @throws {TypeError} when no token was required of this request. */
    of: (request: object): Access => {
      const access = register.get(request);
      if (access !== undefined) return access;
      throw new TypeError(
        'No access token was verified for this request. Put requireToken(verifier) before what needs its claims.',
      );
    },
  };
};
