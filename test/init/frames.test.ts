import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../runner/host/paths.ts';
import { folderOfAll } from '../ground/folder.ts';
import { fixtureFrames, malformedFrames } from '../guest/fixture-frames.ts';

const folder = folderOfAll(test);
const program = join(folder, 'frames_check');

test.before(() => {
  const sources = ['test/frames_check.c', 'frames.c'].map((file) => join(packageRoot(), 'images/init', file));
  execFileSync('gcc', ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-o', program, ...sources]);
});

function asGuestSees(hex: readonly string[]): string[] {
  return execFileSync(program, { input: hex.join('\n'), encoding: 'utf8' }).split('\n');
}

test('the C side reads every fixture and builds the same bytes again', (t) => {
  const lines = asGuestSees(fixtureFrames.map((frame) => frame.hex));
  for (const [index, { name, fields, hex }] of fixtureFrames.entries()) {
    t.is(lines[2 * index], fields, name);
    t.is(lines[2 * index + 1], hex, name);
  }
});

test('the C side refuses what is malformed', (t) => {
  const lines = asGuestSees(malformedFrames.map((frame) => frame.hex));
  for (const [index, { name }] of malformedFrames.entries()) {
    t.regex(lines[2 * index] ?? '', /malformed$/, name);
  }
});
