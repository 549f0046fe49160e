// What the Dockerfile copies from the checkout, and what .dockerignore keeps out.
import { readFileSync } from 'node:fs';
import { type Copy, DockerfileParser } from 'dockerfile-ast';

/** The files and folders that are copied from the build context, as the Dockerfile names them. */
export const copiedFiles = (): readonly string[] =>
  DockerfileParser.parse(readFileSync('Dockerfile', 'utf8'))
    .getInstructions()
    .filter((instruction): instruction is Copy => instruction.getKeyword() === 'COPY')
    .filter((copy) => !copy.getFlags().some((flag) => flag.getName() === 'from'))
    .flatMap((copy) => copy.getArguments().slice(0, -1))
    .map((argument) => argument.getValue());

/** Whether a path is left out of the context: the last pattern that matches it, or a folder above it, decides. */
export const ignoredBy = (ignoreFile: string, path: string): boolean => {
  let ignored = false;
  for (const line of readFileSync(ignoreFile, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const negated = line.startsWith('!');
    const pattern = negated ? line.slice(1) : line;
    if (/[*?[]/.test(pattern) && pattern !== '*') throw new TypeError(`a pattern this does not read: ${line}`);
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)) ignored = !negated;
  }
  return ignored;
};
