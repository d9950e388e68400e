import { join } from 'node:path';
import PQueue from 'p-queue';
import type { RunEvent } from '../../runner/model/event.ts';
import type { IsolationLevel } from '../../runner/model/workflow.ts';
import { type End, interrupt, lightv, start, type Undone } from '../e2e/lightv.ts';
import type { Case } from './case.ts';
import type { Repositories } from './repositories.ts';

/** Runs in one call: with more of them the other core has nothing to do at the end. */
const mostInOne = 12;

/** What became of a case: its own events, and how the call that ran it ended. */
export interface CaseEnd extends End {
  readonly code: number | string;
}

interface Where {
  readonly folder: string;
  readonly repositories: Repositories;
  readonly isolation: IsolationLevel;
  /** When what still runs is to be killed. */
  readonly until: Undone;
}

/**
 * Runs cases. Those with the same arguments go into one call of LightV, a run each: to start it takes longer than most
 * of them. Two calls go on at once. Those that end before anything runs, or by an interrupt, have a call of their own.
 */
export class CaseRuns {
  readonly #where: Where;
  readonly #calls = new PQueue({ concurrency: 2 });
  /** Asked for, and not yet on their way. */
  #wanted: { readonly of: Case; readonly tell: (end: Promise<CaseEnd>) => void }[] = [];

  constructor(where: Where) {
    this.#where = where;
  }

  /** How a case ends. Those asked for without a pause between go together. */
  end(of: Case): Promise<CaseEnd> {
    if (this.#wanted.length === 0) {
      setImmediate(() => this.#go());
    }
    return new Promise((tell) => void this.#wanted.push({ of, tell }));
  }

  #go(): void {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (const batch of batchesOf(wanted.map(({ of }) => of))) {
      const ends = this.#calls.add(() => this.#run(batch));
      for (const { of, tell } of wanted.filter((each) => batch.includes(each.of))) {
        tell(ends.then((all) => all[batch.indexOf(of)] ?? neverRun));
      }
    }
  }

  async #run(batch: readonly Case[]): Promise<readonly CaseEnd[]> {
    const { folder, repositories, isolation, until } = this.#where;
    const [{ name = '', expected } = {} as Partial<Case>] = batch;
    const files = batch.map((each) => repositories.with(each));
    const fixed = ['--isolation', isolation, '-P', 'ubuntu-latest=busybox', '--actions-mirror', repositories.mirror];
    const args = ['run', ...files, '--json', ...fixed, ...(expected?.args ?? [])];
    const home = join(folder, name);
    const line = expected?.interruptAt;
    if (line === undefined) {
      const end = await lightv(until, home, args);
      if (batch.length > 1 && !end.events.some(({ type }) => type === 'run-start')) {
        // One of them was refused, and so nothing was run.
        const ends: CaseEnd[] = [];
        for (const each of batch) {
          ends.push(...(await this.#run([each])));
        }
        return ends;
      }
      return files.map((file) => ofFile(end, file, batch.length === 1));
    }
    const running = start(until, home, args);
    await running.until((event) => event.type === 'log' && event.text === line);
    interrupt(running);
    return [{ code: await running.ended, stdout: '', stderr: running.stderr(), events: running.events }];
  }
}

const neverRun: CaseEnd = { code: 'never run', stdout: '', stderr: '', events: [] };

/** The part of a call that is the run of one file; its exit code is the run's, when the call got that far. */
function ofFile(end: End, file: string, alone: boolean): CaseEnd {
  if (alone) {
    return end;
  }
  const own = end.events.find((event) => event.type === 'run-start' && event.file === file);
  const events: readonly RunEvent[] = end.events.filter(({ run }) => run === own?.run);
  const last = events.at(-1);
  return { ...end, events, code: last?.type === 'run-end' ? last.exitCode : end.code };
}

function batchesOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const byArguments = new Map<string, Case[]>();
  const batches: Case[][] = [];
  for (const each of cases) {
    const { args, problems, interruptAt } = each.expected;
    const alone = problems.length > 0 || interruptAt !== undefined;
    const key = JSON.stringify(args);
    const open = alone ? undefined : byArguments.get(key);
    if (open !== undefined && open.length < mostInOne) {
      open.push(each);
      continue;
    }
    const batch = [each];
    batches.push(batch);
    if (!alone) {
      byArguments.set(key, batch);
    }
  }
  return batches;
}
