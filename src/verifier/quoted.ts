// What others wrote, in our messages: quoted, escaped and short, so that it cannot pass for a line of a log.

const mostCharacters = 120;

export const quoted = (value: unknown): string => {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}...` : text;
};
