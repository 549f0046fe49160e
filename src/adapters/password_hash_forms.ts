// The forms of password hashes that are verified here, argon2id (PHC string) and bcrypt, and what they may cost: a hash
// that asks for more was not made here, and could exhaust the machine. RFC 9106 §3.1.

/** What a new hash is made with. OWASP Password Storage Cheat Sheet. */
export const argon2idParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface MostCosts {
  /** KiB. */
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  readonly bcryptCost: number;
}

/** RFC 9106 §3.1; bcrypt knows no less. */
const least = { memoryCostPerLane: 8, timeCost: 1, parallelism: 1, bcryptCost: 4 };

const argon2idForm =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const bcryptForm = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

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

const isBearable = ({ memoryCost, timeCost, parallelism }: Argon2idCosts, most: MostCosts): boolean =>
  memoryCost <= most.memoryCost &&
  timeCost <= most.timeCost &&
  parallelism <= most.parallelism &&
  parallelism >= least.parallelism &&
  timeCost >= least.timeCost &&
  memoryCost >= least.memoryCostPerLane * parallelism;

/** @returns which algorithm verifies a hash; undefined where none here does, or it costs too much. */
export const passwordHashAlgorithm = (passwordHash: string, most: MostCosts): 'argon2id' | 'bcrypt' | undefined => {
  const costs = argon2idCosts(passwordHash);
  if (costs !== undefined) return isBearable(costs, most) ? 'argon2id' : undefined;
  const bcryptCost = Number(bcryptForm.exec(passwordHash)?.[1]);
  return bcryptCost >= least.bcryptCost && bcryptCost <= most.bcryptCost ? 'bcrypt' : undefined;
};

/** Whether a hash was made with weaker parameters, or another algorithm, than a new one. */
export const isOutdatedHash = (passwordHash: string): boolean => {
  const costs = argon2idCosts(passwordHash);
  return (
    costs === undefined ||
    costs.memoryCost < argon2idParameters.memoryCost ||
    costs.timeCost < argon2idParameters.timeCost
  );
};
