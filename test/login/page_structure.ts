// Reads a rendered page as a browser would split it: its tags, in order, with their attributes. For well-formed pages of
// ours alone; a page that does not balance is an error.

export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly closes: boolean;
  /** The text up to the next tag. */
  readonly text: string;
}

const tagPattern = /<(\/?)([a-z][a-z0-9-]*)((?:\s+[a-z][a-z0-9-]*(?:="[^"<]*")?|\/)*)\s*>([^<]*)/gi;
const attributePattern = /([a-z][a-z0-9-]*)(?:="([^"]*)")?/gi;
const voidTags = ['meta', 'input', 'path', 'circle', 'link', 'img', 'br'];

const attributesOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(attributePattern)].map(([, name = '', value = '']) => [name.toLowerCase(), value]));

export const tagsOf = (page: string): readonly Tag[] => {
  const tags = [...page.matchAll(tagPattern)].map(([, slash, name = '', attributes = '', text = '']) => ({
    ...{ name: name.toLowerCase(), attributes: attributesOf(attributes), closes: slash === '/', text },
  }));
  const unread = page.replace(tagPattern, '').replace('<!doctype html>', '').trim();
  if (unread !== '') throw new Error(`This is neither tag nor text: ${unread.slice(0, 200)}`);
  return tags;
};

/** Throws where tags do not nest. */
export const assertBalanced = (tags: readonly Tag[]): void => {
  const open: string[] = [];
  for (const { name, closes } of tags) {
    if (voidTags.includes(name)) continue;
    if (!closes) open.push(name);
    else if (open.pop() !== name) throw new Error(`</${name}> closes nothing.`);
  }
  if (open.length > 0) throw new Error(`Never closed: ${open.join(', ')}`);
};

/** Tags and the names of their attributes: what a value must not be able to change. */
export const skeletonOf = (page: string): string =>
  tagsOf(page)
    .map(({ name, closes, attributes }) => `${closes ? '/' : ''}${name} ${[...attributes.keys()].join(' ')}`)
    .join('\n');

export const named = (tags: readonly Tag[], name: string): readonly Tag[] =>
  tags.filter((tag) => tag.name === name && !tag.closes);

/** The forms of a page, each as the tags in it. */
export const formsOf = (tags: readonly Tag[]): readonly (readonly Tag[])[] =>
  tags
    .map((tag, index) => ({ tag, index }))
    .filter(({ tag }) => tag.name === 'form' && !tag.closes)
    .map(({ index }) =>
      tags.slice(
        index,
        tags.findIndex((tag, at) => at > index && tag.name === 'form'),
      ),
    );
