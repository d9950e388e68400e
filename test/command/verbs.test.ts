import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageRoot } from '../../runner/host/paths.ts';
import { openArtifacts } from '../../runner/service/artifact-store.ts';
import { openStore } from '../../runner/store/store.ts';
import { tarOf } from '../ground/tar.ts';
import { cli, folder } from './cli.ts';
import { aRun } from './render/events.ts';

const hello = join(packageRoot(), 'pipelines', 'hello.yaml');

function file(home: string, name: string, text: string): string {
  const path = join(home, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const good =
  'jobs:\n  one:\n    steps:\n      - run: echo hi\n  two:\n    needs: one\n    steps:\n      - run: echo ho\n';
const bad = 'jobs:\n  one:\n    stepz:\n      - run: echo hi\n';

test('version and help answer; nothing at all is wrong input', async (t) => {
  const home = folder(t);
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  t.like(await cli(home, ['--version']), { code: 0, stdout: `${version}\n` });
  const help = await cli(home, ['--help']);
  t.is(help.code, 0);
  for (const verb of [
    'run',
    'check',
    'list',
    'graph',
    'ps',
    'logs',
    'artifacts',
    'doctor',
    'setup',
    'build',
    'clean',
    'schema',
  ]) {
    t.regex(help.stdout, new RegExp(`^ +${verb} `, 'm'));
  }
  t.like(await cli(home, []), { code: 2, stdout: '' });
});

test('a help names what a verb takes, act’s spellings too', async (t) => {
  const { code, stdout } = await cli(folder(t), ['run', '--help']);
  t.is(code, 0);
  for (const flag of [
    '-j, --job',
    '-s, --secret',
    '-l, --list',
    '-e, --eventpath',
    '-W, --workflows',
    '-P, --platform',
    '--env-file',
    '--secret-file',
    '--matrix',
    '-n, --dry-run',
    '--keep-failed',
  ]) {
    t.true(stdout.includes(flag), flag);
  }
  t.false(stdout.includes('(default'), 'what is off by itself is no news');
});

test('unknown verbs, flags and values are wrong input with the nearest that there is', async (t) => {
  const home = folder(t);
  const verb = await cli(home, ['rn']);
  t.is(verb.code, 2);
  t.regex(verb.stderr, /unknown command 'rn'[\s\S]*Did you mean run/);
  const flag = await cli(home, ['run', '--jsn', hello]);
  t.is(flag.code, 2);
  t.regex(flag.stderr, /unknown option '--jsn'[\s\S]*Did you mean --json/);
  for (const args of [
    ['--max-parallel', '0'],
    ['--memory', 'lots'],
    ['--isolation', 'strong'],
    ['--accel', 'hax'],
    ['--job'],
  ]) {
    t.is((await cli(home, ['run', hello, ...args])).code, 2, args.join(' '));
  }
});

test('check tells every problem of every file with its place, and nothing else on stdout', async (t) => {
  const home = folder(t);
  file(home, 'p/good.yaml', good);
  file(home, 'p/bad.yml', bad);
  file(home, 'p/empty.yaml', '');
  const found = await cli(home, ['check', 'p']);
  t.is(found.code, 2);
  const lines = found.stdout.trimEnd().split('\n');
  t.true(
    lines.every((line) => /^p\/(?:bad\.yml|empty\.yaml):\d+:\d+: \S/.test(line)),
    found.stdout,
  );
  t.true(
    lines.some((line) => /^p\/bad\.yml:3:5: .*stepz/.test(line)),
    found.stdout,
  );
  t.true(
    lines.some((line) => line.startsWith('p/empty.yaml:1:1: ')),
    found.stdout,
  );
  const json = await cli(home, ['check', '--json', 'p/bad.yml']);
  const problems = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.true(problems.some(({ file: at, line, column }) => at === join(home, 'p/bad.yml') && line === 3 && column === 5));
  t.like(await cli(home, ['check', 'p/good.yaml']), { code: 0, stdout: '' });
});

test('run refuses a wrong file with the source line and a caret, and starts nothing', async (t) => {
  const home = folder(t);
  file(home, 'bad.yaml', bad);
  file(home, 'good.yaml', good);
  const { code, stdout, stderr } = await cli(home, ['run', 'good.yaml', 'bad.yaml']);
  t.is(code, 2);
  t.is(stdout, '');
  t.regex(stderr, /bad\.yaml:3:5: .*\n.*stepz:\n +\^\^\^\^\^/);
  t.like(await cli(home, ['ps', '-a', '--json']), { code: 0, stdout: '' });
});

const wrong: Record<string, (home: string) => string[]> = {
  'a file that is not there': () => ['nope.yaml'],
  'a folder without pipelines': (home) => [home],
  'what is neither file nor folder': (home) => {
    execFileSync('mkfifo', [join(home, 'pipe.yaml')]);
    return [join(home, 'pipe.yaml')];
  },
  'a file over 1 MiB': (home) => [file(home, 'big.yaml', `${good}# ${'x'.repeat(1024 * 1024)}`)],
  'a file that is not text': (home) => {
    writeFileSync(join(home, 'binary.yaml'), Buffer.from([0x6a, 0xff, 0xfe]));
    return [join(home, 'binary.yaml')];
  },
  'an image that is not there': (home) => [file(home, 'i.yaml', good.replace('one:\n', 'one:\n    image: ./none\n'))],
  'an unknown job': (home) => [file(home, 'j.yaml', good), '--job', 'thre'],
  'a secret without a value': (home) => [file(home, 's.yaml', good), '--secret', 'LIGHTV_NO_SUCH'],
  'a secret that a step names and nobody gives': (home) => [
    file(home, 'n.yaml', good.replace('- run: echo hi', '- run: echo hi\n        secrets: [TOKEN]')),
  ],
  'a payload that is no JSON': (home) => [file(home, 'e.yaml', good), '-e', file(home, 'payload', '{')],
  'a lowered level': (home) => [
    file(home, 'l.yaml', good.replace('one:\n', 'one:\n    isolation: microvm\n')),
    '--isolation',
    'sandbox',
  ],
};

for (const [what, args] of Object.entries(wrong)) {
  test(`run: ${what} is wrong input`, async (t) => {
    const home = folder(t);
    const { code, stdout, stderr } = await cli(home, ['run', ...args(home)]);
    t.is(code, 2, stderr);
    t.is(stdout, '');
    t.true(stderr.trim().length > 10);
  });
}

test('a wrong configuration is wrong input with its place', async (t) => {
  const home = folder(t);
  file(home, 'config/lightv/config.yaml', 'budget:\n  memory: lots\n');
  file(home, 'good.yaml', good);
  const { code, stderr } = await cli(home, ['run', '--dry-run', 'good.yaml']);
  t.is(code, 2);
  t.regex(stderr, /config\.yaml:2:\d+: budget\.memory: /);
});

test('list and dry-run show the jobs of all pipelines of the repository and start nothing', async (t) => {
  const home = folder(t);
  file(home, 'pipelines/b.yml', good);
  file(home, 'pipelines/a.yaml', good.replaceAll('one', 'uno'));
  const { code, stdout } = await cli(home, ['list', '--json']);
  t.is(code, 0);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    rows.map(({ id }) => id),
    ['uno', 'two', 'one', 'two'],
  );
  t.true(
    stdout
      .split('\n')
      .slice(0, 4)
      .every((line) => line.startsWith('{"id":')),
  );
  const dry = await cli(home, ['run', '-n', '-j', 'uno']);
  t.is(dry.code, 0);
  t.is((await cli(home, ['run', '--dryrun', '-j', 'uno'])).stdout, dry.stdout);
  t.regex(dry.stdout, /job uno/);
  t.notRegex(dry.stdout, /job two|job one/);
  t.regex((await cli(home, ['run', '-l', '-W', 'pipelines/b.yml'])).stdout, /^one +1 /m);
  t.is((await cli(home, ['ps', '-a', '--json'])).stdout, '');
});

test('names of a file bring no control characters and no lines of their own', async (t) => {
  const home = folder(t);
  const hostile = 'name: "w\\e[31m\\nx"\njobs: {a: {steps: [{run: echo, name: "s\\e]0;t\\a\\nq"}]}}\n';
  file(home, 'pipelines/p.yaml', hostile);
  const shown = await Promise.all(
    [['list'], ['graph'], ['graph', '--mermaid'], ['run', '-n']].map((args) => cli(home, args)),
  );
  for (const { code, stdout } of shown) {
    t.is(code, 0);
    t.notRegex(stdout, /[\u0000-\u0009\u000b-\u001f]/);
  }
  t.regex(shown[0]?.stdout ?? '', /^a +1 +w x +pipelines\/p\.yaml$/m);
});

test('graph draws both ways', async (t) => {
  const home = folder(t);
  file(home, 'good.yaml', good);
  t.regex((await cli(home, ['graph', 'good.yaml'])).stdout, /two <- one/);
  t.regex((await cli(home, ['graph', '--mermaid', 'good.yaml'])).stdout, /^flowchart TD\n[\s\S]*j0 --> j1/);
});

test('every schema is JSON Schema', async (t) => {
  for (const of of ['pipeline', 'image', 'events']) {
    const { code, stdout } = await cli(folder(t), ['schema', of]);
    t.is(code, 0);
    t.regex(JSON.parse(stdout).$schema, /json-schema\.org/, of);
  }
  t.is((await cli(folder(t), ['schema', 'nope'])).code, 2);
});

async function rememberedRun(t: ExecutionContext): Promise<{ home: string; id: string }> {
  const home = folder(t);
  const store = openStore(join(home, 'state'));
  const run = store.begin({ workflow: 'demo', file: join(home, 'demo.yaml') });
  await openArtifacts(join(run.folder, 'artifacts')).save('out', tarOf({ name: 'a/b.txt', text: 'hello' }));
  for (const event of aRun) {
    await run.recorder.write({ ...event, run: run.id });
  }
  await run.recorder.close('success', 0);
  store.close();
  return { home, id: run.id };
}

test('ps, logs, artifacts and clean tell of an ended run', async (t) => {
  const { home, id } = await rememberedRun(t);
  t.is((await cli(home, ['ps', '--json'])).stdout, '');
  const ps = await cli(home, ['ps', '-a', '--json']);
  t.true(ps.stdout.startsWith(`{"id":"${id}","state":"success","startedAt":"`));
  t.like(JSON.parse(ps.stdout), { exitCode: 0, file: join(home, 'demo.yaml') });
  t.like(await cli(home, ['logs', id]), { code: 0, stdout: 'build | red\n' });
  t.like(await cli(home, ['logs', id.slice(0, 5), '--job', 'build', '--step', 'make']), { stdout: 'build | red\n' });
  t.is((await cli(home, ['logs', id, '--job', 'none'])).code, 2);
  t.is((await cli(home, ['logs', 'zzz'])).code, 2);
  const artifacts = await cli(home, ['artifacts', 'latest', '--out', 'copied', '--json']);
  t.like(JSON.parse(artifacts.stdout), { name: 'out', job: 'build' });
  t.is(readFileSync(join(home, 'copied/out/a/b.txt'), 'utf8'), 'hello');
  t.regex((await cli(home, ['clean'])).stdout, /^1 ended run removed/);
  t.is((await cli(home, ['ps', '-a', '--json'])).stdout, '');
});

test('a state folder that cannot be written is a fault of the host', async (t) => {
  const home = folder(t);
  const blocked = file(home, 'blocked', '');
  const { code, stderr } = await cli(home, ['ps'], { env: { LIGHTV_STATE_DIR: join(blocked, 'state') } });
  t.is(code, 3);
  t.regex(stderr, /^lightv: could not make the folder .*blocked\/state: ENOTDIR/);
  t.notRegex(stderr, /\n +at /);
});

test('output that cannot be written is a fault of the host, told on stderr', async (t) => {
  const home = folder(t);
  file(home, 'good.yaml', good);
  for (const args of [`list good.yaml`, `run good.yaml --isolation sandbox`]) {
    const main = join(packageRoot(), 'runner/dist/main.js');
    const env = { ...process.env, LIGHTV_STATE_DIR: join(home, 'state') };
    const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${main}" ${args} >/dev/full`], {
      cwd: home,
      env,
      encoding: 'utf8',
    });
    t.is(status, 3, stderr);
    t.regex(stderr, /could not write what is to be shown: ENOSPC/);
    t.notRegex(stderr, /bug/);
  }
});

test('a reader that goes away early ends a command quietly', async (t) => {
  const { home } = await rememberedRun(t);
  const main = join(packageRoot(), 'runner/dist/main.js');
  const text = execFileSync('sh', ['-c', `"${process.execPath}" "${main}" schema events | head -c 1`], {
    cwd: home,
    encoding: 'utf8',
  });
  t.is(text, '{');
});
