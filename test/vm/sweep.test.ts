import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { sweepMachines } from '../../runner/vm/sweep.ts';

const crash = join(import.meta.dirname, 'sandbox', 'crash.ts');

function loopFiles(): string[] {
  return readdirSync('/sys/block').flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) ? [readFileSync(file, 'utf8')] : [];
  });
}

test('what LightV leaves when it is killed with -9 is swept', async (t) => {
  const run = `sweep-${process.pid}`;
  const scratch = await mkdtemp(join(tmpdir(), 'lvs-'));
  const child = execa(process.execPath, ['--import=tsx', crash, run, scratch, 'full'], {
    reject: false,
    stderr: 'inherit',
  });
  // Without the sandbox's bonds to LightV this one would stay: it stands for what they may miss.
  const stray = execa('sleep', ['500'], { env: { LIGHTV_RUN: run }, reject: false, cleanup: false });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await child;
  const swept = await sweepMachines(run, scratch);
  await stray;
  t.true(
    swept.some((words) => words.includes('process')),
    swept.join('; '),
  );
  t.true(
    swept.some((words) => words.includes(scratch)),
    swept.join('; '),
  );
  t.false(existsSync(scratch));
  t.false(loopFiles().some((file) => file.startsWith(scratch)));
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(scratch));
  t.deepEqual(await sweepMachines(run, scratch), []);
});
