// The Dockerfile by a parser of its own; what its steps come to is run in container.soak.test.ts.
import { existsSync, readFileSync } from 'node:fs';
import { DockerfileParser, type From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { copiedFiles, ignoredBy } from './docker_context.ts';

const text = readFileSync('Dockerfile', 'utf8');
const dockerfile = DockerfileParser.parse(text);
const instructions = dockerfile.getInstructions();
const named = (keyword: string) => instructions.filter((instruction) => instruction.getKeyword() === keyword);
const argumentsOf = (keyword: string): readonly string[] =>
  named(keyword).map((found) => found.getRawArgumentsContent() ?? '');

describe('the Dockerfile', () => {
  test('is well-formed', () => {
    expect(validate(text, {})).toEqual([]);
  });

  test('names a tag for every image, and latest for none', () => {
    for (const from of named('FROM') as From[]) expect(from.getImageTag()).toMatch(/^(?!latest$).+/);
  });

  test('runs as a user who is not root, by number, so that an orchestrator can tell', () => {
    expect(argumentsOf('USER')).toEqual(['65532:65532']);
  });

  test('asks for the health of the process, in the exec form: there is no shell', () => {
    const [check = ''] = argumentsOf('HEALTHCHECK');
    expect(check).toContain('/health/live');
    expect(check).toMatch(/CMD \["\/app\/node_modules\/\.bin\/node", /);
    for (const keyword of ['ENTRYPOINT', 'CMD']) expect(argumentsOf(keyword)[0]).toMatch(/^\[".*"\]$/);
  });

  test('fetches nothing at start, and what it installs is what the lockfile says', () => {
    expect(argumentsOf('RUN')[0]).toMatch(/^npm ci --omit=dev/);
    expect([...named('ADD'), ...named('ONBUILD'), ...named('VOLUME')]).toEqual([]);
    expect(text).not.toMatch(/npx|npm install|curl|wget|apt-get/);
  });

  test('copies what is there, and .dockerignore lets through that and nothing else', () => {
    for (const file of copiedFiles()) {
      expect(existsSync(file), file).toBe(true);
      expect(ignoredBy('.dockerignore', file), file).toBe(false);
    }
    for (const secret of [
      'keys/kek_ring.json',
      'keyturn.sqlite',
      'keyturn.sqlite-wal',
      '.env',
      '.git',
      'deploy/.env',
      'node_modules',
    ])
      expect(ignoredBy('.dockerignore', secret), secret).toBe(true);
  });
});
