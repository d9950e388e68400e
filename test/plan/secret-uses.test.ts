import test from 'ava';
import { planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { secretsRead } from '../../runner/plan/secret-uses.ts';
import { readGithubWorkflow } from '../../runner/workflow/github/read.ts';

const host = { cpu: 2, memory: 2 ** 32 };

async function workflow(jobs: string) {
  const { workflow: read, problems } = await readGithubWorkflow(`on: push\njobs:\n${jobs}`, '/w.yml', '/');
  if (read === undefined) {
    throw new Error(problems.map(({ message }) => message).join('\n'));
  }
  return read;
}

test('secrets of all that may run, each once, whatever the case of its letters; GitHub makes one itself', async (t) => {
  const read = await workflow(`
  a:
    runs-on: ubuntu-latest
    env: { E: "\${{ secrets.OF_JOB }}" }
    steps:
      - run: "echo \${{ secrets.SCRIPT }} \${{ secrets['INDEX'] }} \${{ secrets.script }}"
      - { uses: a/b@v1, with: { token: "\${{ secrets.GITHUB_TOKEN }}", other: "\${{ secrets.INPUT }}" } }
      - { run: "\${{ secrets.SKIPPED }}", if: github.ref == 'x' }
  b: { runs-on: ubuntu-latest, if: false, steps: [{ run: "\${{ secrets.NEVER }}" }] }
`);
  const { plan } = planWorkflow(read, { contexts: { github: { ref: 'y' } }, host });
  const uses = plan === undefined ? [] : secretsRead(plan);
  t.deepEqual(uses.map(({ name }) => name).sort(), ['INDEX', 'INPUT', 'OF_JOB', 'SCRIPT']);
  t.is(uses.find(({ name }) => name === 'SCRIPT')?.place?.line, 8);
});

test('what nobody gave is a warning with its place, once it is known what was given', async (t) => {
  const read = await workflow(
    '  a: { runs-on: ubuntu-latest, steps: [{ run: "${{ secrets.ONE }} ${{ secrets.TWO }}" }] }',
  );
  const warnings = (secrets?: Set<string>) =>
    planWorkflow(read, { contexts: {}, host, ...(secrets === undefined ? {} : { secrets }) }).plan?.warnings ?? [];
  t.deepEqual(warnings(), []);
  t.deepEqual(
    warnings(new Set(['one'])).map(({ message, place }) => [/'(\w+)'/.exec(message)?.[1], place?.line]),
    [['TWO', 3]],
  );
});
