// argon2id with @node-rs/argon2; hashes brought along from elsewhere may be bcrypt. OWASP Password Storage Cheat Sheet.
import { hash, hashSync, verify, verifySync } from '@node-rs/argon2';
import { verify as verifyBcrypt, verifySync as verifyBcryptSync } from '@node-rs/bcrypt';
import type { PasswordHasher } from '../seams/password_hasher.ts';

const argon2id = 2;
const parameters = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const argon2idForm =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const bcryptForm = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** A hash that asks for more than this is not computed: it was not made here, and could exhaust the machine. */
const most = { memoryCost: 131_072, timeCost: 16, parallelism: 8, bcryptCost: 14 };
/** RFC 9106 §3.1; bcrypt knows no less. */
const least = { memoryCostPerLane: 8, timeCost: 1, parallelism: 1, bcryptCost: 4 };

interface Argon2idCosts {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** Whether nothing is left over when it is decoded. */
const isBase64 = (text = ''): boolean => Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;

const argon2idCosts = (passwordHash: string): Argon2idCosts | undefined => {
  const [whole, memoryCost, timeCost, parallelism, salt, hashed] = argon2idForm.exec(passwordHash) ?? [];
  if (whole === undefined || !isBase64(salt) || !isBase64(hashed)) return undefined;
  return { memoryCost: Number(memoryCost), timeCost: Number(timeCost), parallelism: Number(parallelism) };
};

const isBearable = ({ memoryCost, timeCost, parallelism }: Argon2idCosts): boolean =>
  memoryCost <= most.memoryCost &&
  timeCost <= most.timeCost &&
  parallelism <= most.parallelism &&
  parallelism >= least.parallelism &&
  timeCost >= least.timeCost &&
  memoryCost >= least.memoryCostPerLane * parallelism;

/** Whether a hash from elsewhere can be verified here. */
export const isKnownPasswordHash = (passwordHash: string): boolean => {
  const costs = argon2idCosts(passwordHash);
  if (costs !== undefined) return isBearable(costs);
  const bcryptCost = Number(bcryptForm.exec(passwordHash)?.[1]);
  return bcryptCost >= least.bcryptCost && bcryptCost <= most.bcryptCost;
};

/** As `nodeRsPasswordHasher.hash`, on the calling thread. */
export const hashNow = (password: string): string => hashSync(password, parameters);

/** As `nodeRsPasswordHasher.verify`, on the calling thread. */
export const verifyNow = (passwordHash: string, password: string): boolean => {
  if (!isKnownPasswordHash(passwordHash)) return false;
  return argon2idCosts(passwordHash) === undefined
    ? verifyBcryptSync(password, passwordHash)
    : verifySync(passwordHash, password);
};

export const nodeRsPasswordHasher: PasswordHasher = {
  hash: (password) => hash(password, parameters),
  accepts: isKnownPasswordHash,
  verify: async (passwordHash, password) => {
    if (!isKnownPasswordHash(passwordHash)) return false;
    return argon2idCosts(passwordHash) === undefined
      ? verifyBcrypt(password, passwordHash)
      : verify(passwordHash, password);
  },
  needsRehash: (passwordHash) => {
    const costs = argon2idCosts(passwordHash);
    return costs === undefined || costs.memoryCost < parameters.memoryCost || costs.timeCost < parameters.timeCost;
  },
};
