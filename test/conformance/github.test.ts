import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { canRun } from '../machines.ts';
import { readCases } from './case.ts';
import { checkCase } from './check.ts';
import { testRegistries, withRegistries } from './registry.ts';
import { Repositories } from './repositories.ts';
import { CaseRuns } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-conformance-'));
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
test.after.always(async () => {
  for (const each of undo.reverse()) {
    await each();
  }
});

/** Once for all cases. */
const ground = makeGround();

async function makeGround() {
  const registries = await testRegistries(folder);
  undo.push(registries.close);
  const runs = new CaseRuns({
    folder,
    repositories: new Repositories(folder, registries.fill),
    until: { teardown: (work: () => void) => void undo.push(work) },
  });
  return { registries, runs };
}

for (const each of readCases(join(import.meta.dirname, 'github'))) {
  // Not one after the other: what is asked for at once can be run together.
  test(each.name, async (t) => {
    if (await canRun(t, 'sandbox')) {
      const { registries, runs } = await ground;
      const filled = withRegistries(each, registries);
      checkCase(t, await runs.end(filled), filled.expected);
    }
  });
}
