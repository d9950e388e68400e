import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { canRun } from '../machines.ts';
import { type Case, readCases } from './case.ts';
import { checkCase } from './check.ts';
import { testRegistries, withRegistries } from './registry.ts';
import { Repositories } from './repositories.ts';
import { CaseRuns } from './runs.ts';

/** Registers a test for each case that is meant, run in machines of a level; how many. Once a test file. */
export function conformanceTests(isolation: IsolationLevel, meant: (each: Case) => boolean): number {
  const folder = mkdtempSync(join(tmpdir(), 'lightv-conformance-'));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
  test.after.always(async () => {
    for (const each of undo.reverse()) {
      await each();
    }
  });
  /** Once for all cases. */
  const ground = makeGround(folder, isolation, undo);
  const cases = readCases(join(import.meta.dirname, 'github')).filter(meant);
  for (const each of cases) {
    // Not one after the other: what is asked for at once can be run together.
    test(each.name, async (t) => {
      if (await canRun(t, isolation)) {
        const { registries, runs } = await ground;
        const filled = withRegistries(each, registries);
        checkCase(t, await runs.end(filled), filled.expected);
      }
    });
  }
  return cases.length;
}

async function makeGround(folder: string, isolation: IsolationLevel, undo: (() => unknown)[]) {
  const registries = await testRegistries(folder);
  undo.push(registries.close);
  const runs = new CaseRuns({
    folder,
    isolation,
    repositories: new Repositories(folder, registries.fill),
    until: { teardown: (work: () => void) => void undo.push(work) },
  });
  return { registries, runs };
}
