import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { canRun } from '../machines.ts';
import { readCases } from './case.ts';
import { checkCase } from './check.ts';
import { Repositories } from './repositories.ts';
import { CaseRuns } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-conformance-'));
const undo = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
test.after.always(() => undo.reverse().forEach((each) => void each()));

const runs = new CaseRuns({
  folder,
  repositories: new Repositories(folder),
  until: { teardown: (work: () => void) => void undo.push(work) },
});

for (const each of readCases(join(import.meta.dirname, 'github'))) {
  // Not one after the other: what is asked for at once can be run together.
  test(each.name, async (t) => {
    if (await canRun(t, 'sandbox')) {
      checkCase(t, await runs.end(each), each.expected);
    }
  });
}
