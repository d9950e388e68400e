import test from 'ava';
import type { RunEvent } from '../../runner/model/event.ts';
import type { EarlierArtifact, KeptRun } from '../../runner/run/rerun/kept.ts';
import { tarOfFiles } from '../ground/tar.ts';
import { runScenario, type ScenarioOptions, type ScenarioRun } from './scenario.ts';

interface Kept extends ScenarioRun {
  readonly kept: KeptRun | undefined;
}

/** Runs a pipeline as if what it leaves were kept; `before` is what it goes on from. */
async function run(yaml: string, before?: Kept, options: ScenarioOptions = {}): Promise<Kept> {
  let kept: KeptRun | undefined;
  const earlier = before?.kept === undefined ? {} : { earlier: { kept: before.kept, artifacts: artifactsOf(before) } };
  const ran = await runScenario(yaml, {
    ...options,
    ...(before === undefined ? {} : { backend: before.backend }),
    services: {
      ...earlier,
      keep: async (found) => {
        kept = { ...found, sources: new Map() };
        return new Set(found.jobs.flatMap((job) => job.steps.flatMap(({ disk }) => disk?.files ?? [])));
      },
    },
  });
  return { ...ran, kept };
}

function artifactsOf({ events, artifacts }: ScenarioRun): EarlierArtifact[] {
  return events.flatMap((event) => {
    if (event.type !== 'artifact') {
      return [];
    }
    const { name, job, step } = event;
    const open = () => tarOfFiles(artifacts.get(name) ?? {});
    return [{ name, job, open, ...(step === undefined ? {} : { step }) }];
  });
}

/** `job/step` of the steps that were run, in their order. */
function started({ events }: ScenarioRun): string[] {
  return events.flatMap((event) => (event.type === 'step-start' ? [`${event.job}/${event.step}`] : []));
}

/** `job` or `job/step` of the ends that were taken from an earlier run. */
function recorded({ events }: ScenarioRun): string[] {
  return events.flatMap((event) => {
    const taken = (event.type === 'step-end' || event.type === 'job-end') && event.recorded !== undefined;
    return !taken ? [] : [event.type === 'step-end' ? `${event.job}/${event.step}` : event.job];
  });
}

function logs({ events }: ScenarioRun): string[] {
  return events.flatMap((event) => (event.type === 'log' ? [event.text] : []));
}

function notices({ events }: ScenarioRun): string {
  return events.flatMap((event: RunEvent) => (event.type === 'notice' ? [event.text] : [])).join('\n');
}

const chain = `jobs:
  j:
    outputs: { all: "\${{ steps.a.outputs.x }}\${{ steps.b.outputs.y }}" }
    steps:
      - id: a
        run: |
          say a runs
          write /workspace/made by-a
          append $LIGHTV_OUTPUT x=one
          append $LIGHTV_ENV COLOR=blue
          append $LIGHTV_PATH /opt/tool
      - id: b
        run: |
          show /workspace/made
          write /workspace/made by-b
          fail-times b 1
          say $COLOR $PATH \${{ steps.a.outputs.x }}
          append $LIGHTV_OUTPUT y=two
      - { id: c, run: "show /workspace/made" }
  good:
    outputs: { z: "\${{ steps.only.outputs.z }}" }
    steps: [{ id: only, run: "append $LIGHTV_OUTPUT z=three" }]
  after:
    needs: [j, good]
    steps: [{ id: s, run: "say \${{ needs.j.outputs.all }} \${{ needs.good.outputs.z }}" }]
`;

test('a rerun begins at the step that failed, on the disk as that found it, and takes the rest from the record', async (t) => {
  const first = await run(chain);
  t.deepEqual(
    first.results.map(({ conclusion }) => conclusion),
    ['failure', 'success', 'skipped'],
  );
  const again = await run(chain, first);
  t.deepEqual(started(again), ['j/b', 'j/c', 'after/s']);
  t.deepEqual(recorded(again).sort(), ['good', 'j/a']);
  t.deepEqual(logs(again), [
    '/workspace/made: by-a',
    'blue /opt/tool:/usr/bin:/bin one',
    '/workspace/made: by-b',
    'onetwo three',
  ]);
  t.deepEqual(
    again.results.map(({ conclusion }) => conclusion),
    ['success', 'success', 'success'],
  );
  t.is(again.kept, undefined);
  t.is(again.backend.up, 0);
});

test('a rerun that fails can be gone on from in turn', async (t) => {
  const twice = chain.replace('fail-times b 1', 'fail-times b 2');
  const first = await run(twice);
  const second = await run(twice, first);
  t.deepEqual(started(second), ['j/b']);
  const third = await run(twice, second);
  t.deepEqual(started(third), ['j/b', 'j/c', 'after/s']);
  t.deepEqual(recorded(third).sort(), ['good', 'j/a']);
  t.is(third.results[0]?.outputs.all, 'onetwo');
});

test('a step that was edited runs again, with all behind it, and a notice says so', async (t) => {
  const first = await run(chain);
  const moved = await run(`# a comment moves every line\n${chain}`, first);
  t.deepEqual(started(moved), ['j/b', 'j/c', 'after/s']);
  const edited = await run(chain.replace('say a runs', 'say a runs anew'), first);
  t.deepEqual(started(edited), ['j/a', 'j/b', 'j/c', 'after/s']);
  t.regex(notices(edited), /gone on from before step "a": it has changed/);
  const other = await run(chain.replace('z=three', 'z=four'), first);
  t.true(started(other).includes('good/only'));
  t.true(logs(other).includes('onetwo four'));
});

test('only the cells of a matrix that failed run again', async (t) => {
  const matrix = `jobs:
  m:
    strategy: { fail-fast: false, matrix: { n: [1, 2, 3] } }
    steps:
      - { id: a, run: "say \${{ matrix.n }}" }
      - { id: b, if: "\${{ matrix.n == 2 }}", run: fail-times cell 1 }
`;
  const first = await run(matrix);
  const again = await run(matrix, first);
  t.deepEqual(started(again), ['m (2)/b']);
  t.deepEqual(recorded(again).sort(), ['m (1)', 'm (2)/a', 'm (3)']);
});

test('cells that come of outputs are found again', async (t) => {
  const dynamic = `jobs:
  list:
    outputs: { cells: "\${{ steps.s.outputs.cells }}" }
    steps: [{ id: s, run: 'append $LIGHTV_OUTPUT cells=["x","y"]' }]
  each:
    needs: [list]
    strategy: { fail-fast: false, matrix: { n: "\${{ fromJSON(needs.list.outputs.cells) }}" } }
    steps: [{ id: s, if: "\${{ matrix.n == 'y' }}", run: fail-times dynamic 1 }, { id: t, run: "say \${{ matrix.n }}" }]
`;
  const first = await run(dynamic);
  const again = await run(dynamic, first);
  t.deepEqual(started(again), ['each (y)/s', 'each (y)/t']);
  t.deepEqual(recorded(again).sort(), ['each (x)', 'list']);
});

test('steps that shared their machine with the one that failed run again', async (t) => {
  const shared = `jobs:
  j:
    machine: auto
    steps:
      - { id: a, run: "write /workspace/f a" }
      - { id: server, run: "leave httpd\\nwrite /workspace/f server" }
      - { id: test, run: "show /workspace/f\\nfail-times shared 1" }
`;
  const first = await run(shared);
  const again = await run(shared, first);
  t.deepEqual(started(again), ['j/server', 'j/test']);
  t.regex(notices(again), /before step "server": its machine went on to step "test"/);
  t.is(again.results[0]?.conclusion, 'success');
});

test('steps side by side: those that ended well are taken, their artifacts with them', async (t) => {
  const forked = `jobs:
  j:
    steps:
      - { id: root, run: "write /workspace/root r" }
      - { id: left, run: "write /workspace/out/l L", artifacts: [{ name: left, path: out }] }
      - { id: right, needs: [root], run: "show /workspace/root\\nfail-times right 1\\nwrite /workspace/out/r R", artifacts: [{ name: right, path: out }] }
      - { id: join, needs: [left, right], run: "show /workspace/out/l\\nshow /workspace/out/r" }
`;
  const first = await run(forked);
  const again = await run(forked, first);
  t.deepEqual(started(again), ['j/right', 'j/join']);
  t.deepEqual(logs(again), ['/workspace/root: r', '/workspace/out/l: L', '/workspace/out/r: R']);
  t.deepEqual([...again.artifacts.keys()].sort(), ['left', 'right']);
});

test('a job whose need runs again runs again, as do steps whose disk is gone', async (t) => {
  const first = await run(`${chain}  always:
    needs: [j]
    if: always()
    steps: [{ id: s, run: "say \${{ needs.j.result }}" }]
`);
  const again = await run(
    `${chain}  always:
    needs: [j]
    if: always()
    steps: [{ id: s, run: "say \${{ needs.j.result }}" }]
`,
    first,
  );
  t.true(logs(again).includes('success'));
  const kept = first.kept;
  t.truthy(kept);
  const bare = { ...first, kept: kept === undefined ? kept : withoutDisks(kept) };
  const fromStart = await run(chain, bare);
  t.deepEqual(started(fromStart), ['j/a', 'j/b', 'j/c', 'after/s']);
  t.regex(notices(fromStart), /its disk is not there any more/);
});

function withoutDisks(kept: KeptRun): KeptRun {
  const jobs = kept.jobs.map((job) => ({ ...job, steps: job.steps.map(({ disk: _, ...step }) => step) }));
  return { ...kept, jobs };
}

test('what a step had hidden stays hidden, and another value of a secret is another step', async (t) => {
  const secretive = `jobs:
  j:
    steps:
      - id: a
        secrets: [TOKEN]
        run: |
          say ::add-mask::hush-hush
          append $LIGHTV_OUTPUT word=hush-hush
      - { id: b, run: "say \${{ steps.a.outputs.word }}\\nfail-times secretive 1" }
`;
  const first = await run(secretive, undefined, { secrets: { TOKEN: 'abc-def' } });
  const again = await run(secretive, first, { secrets: { TOKEN: 'abc-def' } });
  t.deepEqual(started(again), ['j/b']);
  t.deepEqual(logs(again), ['***']);
  const other = await run(secretive, first, { secrets: { TOKEN: 'other-value' } });
  t.deepEqual(started(other), ['j/a', 'j/b']);
  t.regex(notices(other), /the secret TOKEN has changed/);
});
