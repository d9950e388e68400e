import test from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import { fakeBackend } from '../../runner/vm/fake/backend.ts';
import { runScenario, type ScenarioOptions, type ScenarioRun } from './scenario.ts';

/** Real shells under the real agent; only the wall around them is missing. */
function runReal(yaml: string, options: ScenarioOptions = {}): Promise<ScenarioRun> {
  return runScenario(yaml, { ...options, machines: fakeBackend() });
}

function logs({ events }: ScenarioRun, where: string, stream?: string): string[] {
  return events.flatMap((event) =>
    event.type === 'log' && `${event.job}/${event.step}` === where && (stream === undefined || event.stream === stream)
      ? [event.text]
      : [],
  );
}

function exitCode(events: readonly RunEvent[]): number | undefined {
  const last = events.at(-1);
  return last?.type === 'run-end' ? last.exitCode : undefined;
}

test('outputs, environment, path, summary, checkout and artifacts of real scripts', async (t) => {
  const run = await runReal(
    `jobs:
  j:
    outputs: { sum: "\${{ steps.write.outputs.sum }}" }
    steps:
      - id: write
        run: |
          cat greeting.txt
          pwd; echo "$HOME" >&2; id -u
          {
            echo 'sum<<END'
            seq 2
            echo END
          } >> "$LIGHTV_OUTPUT"
          echo "COLOR=deep blue" >> "$GITHUB_ENV"
          mkdir -p bin out/deep
          printf '#!/bin/sh\\necho own tool' > bin/own-tool && chmod +x bin/own-tool
          echo "$PWD/bin" >> "$LIGHTV_PATH"
          echo '# Done' >> "$LIGHTV_SUMMARY"
          echo kept > out/deep/a.txt; echo left > out/b.tmp
          printf 'no line end'
        artifacts: [{ name: out, path: [out, '!**/*.tmp'] }]
      - id: read
        run: |
          echo "$COLOR"; own-tool; cat out/b.tmp
          echo '\${{ steps.write.outputs.sum }}'
`,
    { source: { 'greeting.txt': 'hello\n' } },
  );
  t.deepEqual(logs(run, 'j/write', 'stdout'), ['hello', '/workspace', '0', 'no line end']);
  t.deepEqual(logs(run, 'j/write', 'stderr'), ['/root']);
  t.deepEqual(logs(run, 'j/read'), ['deep blue', 'own tool', 'left', '1', '2']);
  t.deepEqual(run.results[0]?.outputs, { sum: '1\n2' });
  t.is(run.results[0]?.steps[0]?.summary, '# Done\n');
  t.deepEqual(run.artifacts.get('out'), { 'out/deep/a.txt': 'kept\n' });
  t.is(exitCode(run.events), 0);
  t.deepEqual(run.leftOnDisk, []);
});

test('bash stops at the first failure, in a pipe too; other shells are taken by name or as a command line', async (t) => {
  const run = await runReal(`jobs:
  pipe:
    steps: [{ id: s, run: "false | true\\necho never" }]
  sh:
    steps: [{ id: s, shell: sh, run: "false | true\\necho $0 | tail -c 4" }]
  words:
    steps: [{ id: s, shell: "bash -c 'cat $0' {0}", run: not a script }]
  none:
    steps: [{ id: s, shell: zsh, run: echo }]
`);
  t.like(run.results[0]?.steps[0], { reason: 'exit-code', exitCode: 1 });
  t.deepEqual(logs(run, 'sh/s'), ['.sh']);
  t.deepEqual(logs(run, 'words/s'), ['not a script']);
  t.like(run.results[3]?.steps[0], { reason: 'not-started' });
});

test('a script that ignores TERM is killed when its time is over, and what it wrote is there', async (t) => {
  const run = await runReal(`jobs:
  j:
    steps:
      - id: stubborn
        timeout: 1s
        run: |
          trap 'echo not now' TERM
          echo "half=done" >> "$LIGHTV_OUTPUT"
          echo started
          while :; do sleep 0.05; done
      - { id: after, if: always(), run: "echo \${{ steps.stubborn.outputs.half }}" }
`);
  t.like(run.results[0]?.steps[0], { conclusion: 'failure', reason: 'timeout', outputs: { half: 'done' } });
  t.is(logs(run, 'j/stubborn')[0], 'started');
  t.deepEqual(logs(run, 'j/after'), ['done']);
});

test('a hostile step cannot make the host read without end, or lose its own words', async (t) => {
  const run = await runReal(`jobs:
  many:
    steps: [{ id: s, run: 'cd "$(dirname "$LIGHTV_OUTPUT")"; for i in $(seq 100); do : > "f$i"; done' }]
  large:
    steps: [{ id: s, run: 'head -c 2000000 /dev/zero > "$LIGHTV_OUTPUT"' }]
  link:
    steps: [{ id: s, run: 'ln -sf /etc/passwd "$LIGHTV_SUMMARY"; echo a=1 >> "$LIGHTV_OUTPUT"' }]
  gone:
    steps: [{ id: s, run: 'rm -r "$(dirname "$LIGHTV_OUTPUT")"' }]
  summary:
    steps: [{ id: s, run: 'head -c 2000000 /dev/zero > "$LIGHTV_SUMMARY"; echo a=1 >> "$LIGHTV_OUTPUT"' }]
`);
  const [many, large, link, gone, summary] = run.results.map((result) => result.steps[0]);
  t.like(many, { reason: 'output-file' });
  t.like(large, { reason: 'output-file', detail: 'LIGHTV_OUTPUT is larger than the 1 MiB allowed' });
  t.like(link, { conclusion: 'success', outputs: { a: '1' } });
  t.is(link?.summary, undefined);
  t.like(gone, { reason: 'output-file' });
  t.like(summary, { conclusion: 'success', outputs: { a: '1' } });
});

test('what a step leaves running is stopped under fresh, and kept for the next under auto', async (t) => {
  const run = await runReal(`jobs:
  fresh:
    steps:
      - { id: a, run: "sleep 1000 > /dev/null 2>&1 &" }
      - { id: b, run: "ls /proc/[0-9]*/exe > /dev/null; echo done" }
  auto:
    machine: auto
    steps:
      - { id: a, run: "sleep 1001 > /dev/null 2>&1 & echo $! > pid" }
      - { id: b, run: 'kill -0 "$(cat pid)" && echo alive; kill "$(cat pid)"' }
`);
  const notices = run.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  t.true(
    notices.some((text) => /^stopped at the end of the step: process sleep/.test(text)),
    notices.join('\n'),
  );
  t.true(notices.some((text) => /^the machine goes on to step "b", because it holds process sleep/.test(text)));
  t.deepEqual(logs(run, 'auto/b'), ['alive']);
  t.is(exitCode(run.events), 0);
});

test('cancelling ends a running script with TERM, and its last words are told', async (t) => {
  const run = await runReal(
    `jobs:
  j:
    steps:
      - { id: s, run: "trap 'echo bye; exit 0' TERM\\necho ready\\nwhile :; do sleep 0.05; done" }
`,
    {
      services: { grace: 5000 },
      cancelAt: (event) => event.type === 'log' && event.text === 'ready',
    },
  );
  t.deepEqual(logs(run, 'j/s', 'stdout'), ['ready', 'bye']);
  t.like(run.results[0]?.steps[0], { conclusion: 'cancelled', reason: 'cancelled' });
  t.is(exitCode(run.events), 130);
});

test("a secret's forms are masked in what real programs print", async (t) => {
  const secret = 'pa$$ w"rd/é';
  const run = await runReal(
    `jobs:
  j:
    steps:
      - id: s
        secrets: [PASSWORD]
        run: |
          set -x
          : "$PASSWORD"
          set +x
          printf '%s' "user:$PASSWORD" | base64 -w0; echo
          for i in 1 2 3; do printf '%s' "\${PASSWORD%r*}"; sleep 0.02; printf '%s\\n' "r\${PASSWORD##*r}"; done
`,
    { secrets: { PASSWORD: secret } },
  );
  const text = JSON.stringify(run.events);
  t.false(text.includes('pa$$'));
  t.deepEqual(logs(run, 'j/s', 'stdout').slice(1), ['***', '***', '***']);
  t.true(logs(run, 'j/s', 'stdout')[0]?.includes('***'));
});

test('a job without a checkout still has a workspace that globs and digests can look into', async (t) => {
  const run = await runReal(`jobs:
  j:
    checkout: false
    steps:
      - id: s
        working-directory: /tmp
        run: "pwd; echo 'digest \${{ hashFiles('**/*.lock') }}.'"
        artifacts: [{ name: none, path: '**' , if-missing: ignore }]
`);
  t.deepEqual(logs(run, 'j/s'), ['/tmp', 'digest .']);
  t.is(exitCode(run.events), 0);
});
