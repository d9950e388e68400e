import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineTest } from '../machines.ts';
import { home, lightv, logOf, pipeline, run, told } from './lightv.ts';
import { onTerminal } from './pty.ts';

machineTest(
  'sandbox',
  'files of the top are read, options win over them, and secrets stay out of the workspace',
  async (t) => {
    const folder = home(t);
    const top = join(folder, 'proj');
    mkdirSync(join(top, 'pipelines'), { recursive: true });
    execFileSync('git', ['init', '-q'], { cwd: top });
    writeFileSync(join(top, '.env'), 'A=from-env\nB="two words"\n');
    writeFileSync(join(top, '.secrets'), 'TOKEN=hush-hush-one\n');
    writeFileSync(join(top, '.vars'), 'V=from-vars\nW=w\n');
    const file = pipeline(
      join(top, 'pipelines'),
      `
j:
  checkout: true
  steps:
    - secrets: [TOKEN]
      run: |
        echo "$A $B \${{ vars.V }} \${{ vars.W }} \${{ inputs.I }}"
        test "$TOKEN" = "hush-hush-$WHICH" && echo right
        ls -a | grep -c secrets || true
`,
    );
    const first = await run(t, folder, file, ['--env', 'WHICH=one']);
    t.is(logOf(first.events, 'j'), 'from-env two words from-vars w \nright\n0', told(first));
    t.true(first.events.some((event) => event.type === 'notice' && /: \.env, \.secrets, \.vars$/.test(event.text)));
    t.false(JSON.stringify(first.events).includes('hush-hush'));

    writeFileSync(join(top, '.input'), 'I=from-input\n');
    writeFileSync(join(folder, 'other'), 'V=from-file\n');
    const flags = [
      '--env',
      'A=flag',
      '--env',
      'WHICH=two',
      '--var-file',
      join(folder, 'other'),
      '--secret',
      'TOKEN=hush-hush-two',
    ];
    const second = await run(t, folder, file, flags);
    t.is(logOf(second.events, 'j'), 'flag two words from-file  from-input\nright\n0', told(second));

    // A link could lead to any file of the user's.
    execFileSync('rm', [join(top, '.env')]);
    symlinkSync(join(folder, 'other'), join(top, '.env'));
    const third = await run(t, folder, file, ['--env', 'WHICH=one']);
    t.true(
      third.events.some((event) => event.type === 'notice' && /: \.secrets, \.vars, \.input$/.test(event.text)),
      told(third),
    );
  },
);

machineTest('sandbox', 'on a terminal a secret without a value is asked for and not shown', async (t) => {
  t.timeout(60_000);
  const folder = home(t);
  const file = pipeline(
    folder,
    'j:\n  steps:\n    - secrets: [TOKEN]\n      run: test "$TOKEN" = hush-hush-typed && echo it is right',
  );
  const { type, until, ended, text } = onTerminal(t, folder, ['run', file]);
  await until('value of the secret TOKEN: ');
  type('hush-hush-typed\r');
  await until('it is right');
  await until('[code 0]');
  t.false(text().includes('hush-hush'));
  type('\n');
  t.is(await ended, 0);
  const refused = await lightv(t, folder, ['run', file]);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /p\.yaml:7:19: the secret 'TOKEN' has no value/);
});

machineTest(
  'sandbox',
  'a workflow runs without a secret that nobody gave, as on GitHub, and is told where it reads it',
  async (t) => {
    const folder = home(t);
    const file = join(folder, 'w.yml');
    writeFileSync(
      file,
      `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "[\${{ secrets.NONE }}] [\${{ secrets.given }}]"
      - { run: "echo \${{ secrets.NEVER }}", if: github.ref == 'x' }
`,
    );
    const args = [
      '--dialect',
      'github',
      '--isolation',
      'sandbox',
      '-P',
      'ubuntu-latest=busybox',
      '--secret',
      'GIVEN=value-of-it',
    ];
    const end = await run(t, folder, file, args);
    t.is(end.code, 0, told(end));
    t.is(logOf(end.events, 'a'), '[] [***]');
    const problems = end.events.flatMap((event) => (event.type === 'problem' ? [event] : []));
    t.is(problems.length, 1);
    t.like(problems[0], { level: 'warning', problem: { place: { file, line: 6, column: 25 } } });
    t.regex(problems[0]?.problem.message ?? '', /'NONE' has no value/);
  },
);
