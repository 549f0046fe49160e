// What `systemd-analyze verify` cannot know; .ci/run runs that.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

const unit = readFileSync('deploy/keyturn.service', 'utf8');
const settingOf = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

test('the unit starts what is there, by the Node of the lockfile', () => {
  const [node = '', ...rest] = settingOf('ExecStart').split(' ');
  const root = `${settingOf('WorkingDirectory')}/`;
  expect(node.startsWith(root) && existsSync(node.slice(root.length))).toBe(true);
  expect(rest).toEqual(['src/launch.js', 'serve']);
  expect(existsSync('src/launch.js')).toBe(true);
});

test('the unit waits longer than the drain, and restarts what died for as long as it takes', () => {
  expect(Number(settingOf('TimeoutStopSec'))).toBeGreaterThanOrEqual(readConfig({}).drainSeconds + 10);
  expect([settingOf('Restart'), settingOf('StartLimitIntervalSec')]).toEqual(['on-failure', '0']);
});

test('the page that tells of it names the file', () => {
  expect(readFileSync('docs/deploying-on-node.md', 'utf8')).toContain('deploy/keyturn.service');
});
