// What a registration is refused with.
import { RegistrationError } from '../../src/client_registration/registration_error.ts';

/** @throws where it is not refused, or by another error. */
export const refusedRegistration = (register: () => unknown): RegistrationError => {
  try {
    register();
  } catch (error) {
    if (error instanceof RegistrationError) return error;
    throw error;
  }
  throw new Error('it was registered');
};
