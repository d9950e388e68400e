import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readGithubWorkflow } from '../../../runner/workflow/github/read.ts';

const folder = join(import.meta.dirname, 'fixtures');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .map((file) => file.slice(0, -'.yml'.length));

async function told(text: string): Promise<string> {
  const { problems } = await readGithubWorkflow(text, 'f', undefined);
  return problems.map(({ message, place }) => `${place?.line}:${place?.column}: ${message}\n`).join('');
}

/** A workflow of one job whose only step has this text. */
function workflowOf(script: string): string {
  return `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: ${JSON.stringify(script)}\n`;
}

for (const name of names) {
  test(`the problems of ${name}.yml`, async (t) => {
    const text = readFileSync(join(folder, `${name}.yml`), 'utf8');
    t.is(await told(text), readFileSync(join(folder, `${name}.problems`), 'utf8'));
  });
}

test('a script is as long as it likes, and one with an expression is not', async (t) => {
  t.is(await told(workflowOf('x'.repeat(30_000))), '');
  // format('{0}…', github.sha): a quote counts twice.
  const around = "format('{0}', github.sha)".length;
  t.is(await told(workflowOf(`\${{ github.sha }}${'x'.repeat(21_000 - around)}`)), '');
  t.regex(
    await told(workflowOf(`\${{ github.sha }}'${'x'.repeat(21_000 - around - 1)}`)),
    /^6:14: .* is 21001 characters/,
  );
});
