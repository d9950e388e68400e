import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineTest } from '../machines.ts';
import { leftOf } from './leftovers.ts';
import { home, lightv, pipeline } from './lightv.ts';
import { onTerminal } from './pty.ts';

machineTest('sandbox', 'a shell opens where a step failed, with its environment and its folder', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
j:
  timeout: 3s
  env: {COLOR: blue}
  steps:
    - run: mkdir sub; echo made >sub/file
    - id: broken
      working-directory: sub
      env: {SHAPE: "\${{ 'round' }}"}
      run: echo more >>file; exit 5
    - id: tidy
      if: always()
      run: "cat sub/file; echo tidied"
`,
  );
  const { type, until, resize, modes, ended, text } = onTerminal(t, folder, ['run', '--shell-on-failure', file]);
  await until('step "broken" failed');
  type('echo "$COLOR $SHAPE $PWD $(cat file | tr "\\\\n" " ") $TERM"; stty size\n');
  await until('blue round /workspace/sub made more  xterm');
  await until('30 100');
  resize(132, 43);
  type('echo asked; stty size\n');
  await until('43 132');
  // Ctrl-C is the shell's: it ends what runs in there, and nothing else.
  type('echo u"p"; cat\n');
  await until('up\r');
  type('\u0003');
  // What is typed ahead of an interrupt's end is lost on any terminal.
  await until('# ');
  type('echo still he"r"e\n');
  await until('still here');
  // The job's time does not run out meanwhile.
  type('sleep 4; echo slept; echo changed >>file; exit 0\n');
  await until('slept');
  await until('the shell has ended');
  await until('tidied');
  await until('[code 1]');
  t.regex(text(), /j \| < broken: failure: exit code 5/);
  t.regex(text(), /changed/);
  t.regex(modes(), /[^-]icanon/);
  t.regex(modes(), /[^-]echo /);
  type('\n');
  t.is(await ended, 1);
  const run = /run ([0-9a-z]{9})/.exec(text())?.[1] ?? '';
  t.deepEqual(leftOf(run, folder), []);
});

machineTest('sandbox', 'two that fail at once have their shells one after the other', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    'm:\n  strategy: {fail-fast: false, matrix: {n: [1, 2]}}\n  steps:\n    - run: echo cell ${{ matrix.n }}; exit 1',
  );
  const { type, until, ended, text } = onTerminal(t, folder, ['run', '--shell-on-failure', file]);
  for (const _ of [1, 2]) {
    await until('failed; this is a shell');
    type('echo "I am $LIGHTV_JOB"; exit 3\n');
    await until(/I am m \(\d\)/);
    await until('the shell has ended');
  }
  await until('[code 1]');
  t.true(text().includes('I am m (1)') && text().includes('I am m (2)'));
  type('\n');
  t.is(await ended, 1);
});

machineTest('sandbox', 'a run that is told to end takes its shell along', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(folder, 'j:\n  steps:\n    - run: exit 1');
  const { until, ended, type, text, pid, modes } = onTerminal(t, folder, ['run', '--shell-on-failure', file]);
  await until('failed; this is a shell');
  const { descendants, commandOf } = await import('./leftovers.ts');
  const lightvPid = descendants(pid).find((one) => commandOf(one).startsWith(process.execPath));
  process.kill(lightvPid ?? 0, 'SIGTERM');
  await until('[code 130]');
  t.regex(modes(), /[^-]icanon/);
  type('\n');
  t.is(await ended, 130);
  const run = /run ([0-9a-z]{9})/.exec(text())?.[1] ?? '';
  t.deepEqual(leftOf(run, folder), []);
});

machineTest('sandbox', 'without a terminal there is no shell, and nothing starts', async (t) => {
  const folder = home(t);
  const file = join(folder, 'p.yaml');
  writeFileSync(file, 'jobs: {}');
  const { code, stderr } = await lightv(t, folder, ['run', '--shell-on-failure', file]);
  t.is(code, 2);
  t.regex(stderr, /no terminal to open a shell on/);
});

machineTest('sandbox', 'lightv shell opens one later, where the step that failed begins', async (t) => {
  t.timeout(120_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    `
m:
  strategy: {fail-fast: false, matrix: {n: [1, 2]}}
  steps:
    - id: make
      secrets: [TOKEN]
      run: mkdir sub; echo "made \${{ matrix.n }}" >sub/file; echo "COLOR=blue" >>$LIGHTV_ENV
    - id: broken
      working-directory: sub
      secrets: [TOKEN]
      env: {SHAPE: round}
      run: echo spoilt >file; exit \${{ matrix.n }}
    - id: never
      run: echo never
`,
  );
  const secret = ['--secret', 'TOKEN=hush-hush'];
  t.is((await lightv(t, folder, ['run', file, ...secret])).code, 1);
  const { type, until, ended, text } = onTerminal(t, folder, ['shell', 'latest', '--job', 'm (2)', ...secret]);
  await until('a shell in the machine of step "broken"');
  type('echo "$COLOR $SHAPE $PWD $(cat file) ${#TOKEN}"; exit 7\n');
  await until('blue round /workspace/sub made 2 9');
  await until('[code 0]');
  t.notRegex(text(), /never\b[^:]*success|step-start/);
  type('\n');
  t.is(await ended, 0);
  const runs = (await lightv(t, folder, ['ps', '-a', '--json'])).stdout.trimEnd().split('\n');
  t.is(runs.length, 1, 'a look is not remembered');
  const { id } = JSON.parse(runs[0] ?? '') as { id: string };
  t.deepEqual(leftOf(id, folder), []);
  const vague = onTerminal(t, folder, ['shell', 'latest', ...secret]);
  await vague.until('several jobs failed');
  await vague.until('[code 2]');
  vague.type('\n');
  await vague.ended;
});
