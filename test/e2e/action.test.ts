import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../runner/host/paths.ts';
import { freshBundle } from '../command/cli.ts';
import { machineTest } from '../machines.ts';
import { home, lightv, pipeline } from './lightv.ts';

/** A command that GitHub's runner found in a line, as `name properties::value`. */
interface RunnerView {
  readonly code: number | undefined;
  readonly commands: readonly string[];
  /** What it shows as text. */
  readonly lines: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Runs the bundle in the environment of a GitHub job's step, and reads what it says as GitHub's runner does. */
async function inJob(t: ExecutionContext, folder: string, inputs: Readonly<Record<string, string>>, env = {}) {
  freshBundle();
  const [output, summary] = ['output', 'summary'].map((name) => join(folder, name));
  for (const file of [output, summary]) {
    writeFileSync(file ?? '', '');
  }
  const end = await execa(process.execPath, [join(packageRoot(), 'runner/dist/action.js')], {
    cwd: folder,
    extendEnv: false,
    reject: false,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      LIGHTV_STATE_DIR: join(folder, 'state'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_REPOSITORY: 'octo/repo' },
      ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary },
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...env,
    },
  });
  t.log(end.stderr);
  const view: RunnerView = {
    code: end.exitCode,
    ...asRunnerReads(end.stdout.split('\n')),
    outputs: outputsIn(readFileSync(output ?? '', 'utf8')),
    summary: readFileSync(summary ?? '', 'utf8'),
  };
  return { ...view, stdout: end.stdout };
}

/** Commands count until they are stopped, and again from the word on that was named when they were. */
function asRunnerReads(said: readonly string[]): Pick<RunnerView, 'commands' | 'lines'> {
  const commands: string[] = [];
  const lines: string[] = [];
  let word: string | undefined;
  for (const line of said) {
    const command = /^\s*::([^:]+(?:\s.*?)?)::(.*)$/.exec(line);
    if (word !== undefined) {
      if (command?.[1] === word) {
        word = undefined;
      } else {
        lines.push(line);
      }
    } else if (command?.[1] === 'stop-commands') {
      word = command[2];
    } else if (command !== null) {
      commands.push(`${command[1]}::${command[2]}`);
    } else {
      lines.push(line);
    }
  }
  return { commands, lines };
}

/** GitHub's file of outputs, each written as a here-document. */
function outputsIn(text: string): Record<string, string> {
  const entries = text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...entries].map(([, name, , value]) => [name ?? '', value ?? '']));
}

machineTest('sandbox', 'as an action: groups, masks, outputs and a summary; a guest gives no commands', async (t) => {
  const folder = home(t);
  const file = pipeline(
    folder,
    `
good:
  steps:
    - id: say
      secrets: [TOKEN]
      run: |
        echo "token $TOKEN"
        echo '::set-output name=result::hacked'
        echo '::stop-commands::x'
        echo '### Seen' >> "$LIGHTV_SUMMARY"
bad:
  steps:
    - id: fail
      run: echo last words; exit 7
`,
  );
  const job = await inJob(t, folder, { pipeline: file, isolation: 'auto', secrets: 'TOKEN' }, { TOKEN: 'hunter22' });
  t.is(job.code, 1);
  t.deepEqual(
    job.commands.filter((command) => command.startsWith('add-mask')),
    ['add-mask::hunter22'],
  );
  t.is(job.stdout.split('hunter22').length, 2, 'the secret stands elsewhere than in its mask');
  t.true(job.lines.includes('token ***'));
  const groups = job.commands.filter((command) => command.startsWith('group::')).sort();
  t.deepEqual(groups, ['group::bad / fail: failure', 'group::good / say: success']);
  t.is(job.commands.filter((command) => command.startsWith('endgroup')).length, 2);
  t.true(job.commands.includes('error::bad / fail failed: exit code 7'));
  t.deepEqual(
    job.commands.filter((command) => /^(?:set-output|stop-commands|x$)/.test(command)),
    [],
  );
  t.is(job.outputs.result, 'failure');
  const rows = (await lightv(t, folder, ['ps', '-a', '--json'])).stdout.trimEnd().split('\n');
  t.deepEqual(
    rows.map((row) => JSON.parse(row).id),
    [job.outputs['run-id']],
  );
  t.regex(job.summary, /\| good \| success \| [\d.]+ s \|/);
  t.regex(job.summary, /^### Seen$/m);
});

machineTest('sandbox', 'as an action: a run that is good, and a wrong file annotated at its place', async (t) => {
  const folder = home(t);
  const good = await inJob(t, folder, { pipeline: pipeline(folder, 'one:\n  steps:\n    - run: echo hi') });
  t.like(good, { code: 0, outputs: { result: 'success' } });
  writeFileSync(join(folder, 'wrong.yaml'), 'jobs:\n  one:\n    steps:\n      - rum: x\n');
  const wrong = await inJob(t, folder, { pipeline: 'wrong.yaml' });
  t.is(wrong.code, 2);
  t.like(wrong.outputs, { result: 'failure', 'run-id': '' });
  t.true(
    wrong.commands.some((command) => /^error file=wrong\.yaml,line=4,col=9::unknown key 'rum'/.test(command)),
    wrong.stdout,
  );
});
