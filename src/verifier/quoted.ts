// What others wrote, in our messages: quoted, escaped and short, so that it cannot pass for a line of a log.

const mostCharacters = 120;
const mostMembers = 3;

const quotedScalar = (value: unknown): string => {
  if (value === undefined) return 'missing';
  // However deep an object is, it is not walked.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(typeof value === 'string' ? value.slice(0, mostCharacters) : value);
};

export const quoted = (value: unknown): string => {
  if (!Array.isArray(value)) return quotedScalar(value);
  const members = value.slice(0, mostMembers).map(quotedScalar);
  return `[${[...members, ...(value.length > mostMembers ? ['...'] : [])].join(', ')}]`;
};
