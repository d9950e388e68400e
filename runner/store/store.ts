import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt, attemptSync } from '../host/attempt.ts';
import { WrongInput } from '../host/fault.ts';
import { type Database, openDatabase, type Row } from './database.ts';
import type { ArtifactRecord, JobRecord, RunRecord, StepRecord } from './record.ts';
import { Recorder } from './recorder.ts';
import { newRunId } from './run-id.ts';
import { lockRun, runLives } from './run-lock.ts';

/** A run that this process has begun and holds the lock of. */
export interface OpenRun {
  readonly id: string;
  /** Absolute; exists. Holds `logs/`; others may keep what belongs to the run beside it. */
  readonly folder: string;
  readonly recorder: Recorder;
}

/** What LightV remembers of its runs. Any number of processes may use one folder at once. Failures are `HostFault`s. */
export interface RunStore {
  /** Makes id, folder, lock and record. */
  begin(run: { readonly workflow: string; readonly file: string }): OpenRun;
  /** Newest first. Runs whose process is gone without an end are marked as lost first. */
  list(): readonly RunRecord[];
  /** By id, a prefix that only one run has, or `latest`. Throws a `WrongInput` when that names no run or several. */
  find(id: string): RunRecord;
  /** In the order in which they started. */
  jobs(run: string): readonly JobRecord[];
  /** All attempts, in the order in which they started. */
  steps(run: string): readonly StepRecord[];
  artifacts(run: string): readonly ArtifactRecord[];
  folderOf(run: string): string;
  /** Whether the process that runs it still lives; `false` for an id that is not known. */
  lives(run: string): boolean;
  /** Forgets a run and removes its folder. A run that goes on is left alone: `false`. */
  remove(run: string): Promise<boolean>;
  close(): void;
}

/** Opens the record of runs in `folder`, made when it is not there. `newId`: makes ids; one that is taken is not used. */
export function openStore(folder: string, newId = newRunId): RunStore {
  const database = openDatabase(folder);
  const folderOf = (run: string) => join(folder, 'runs', run);
  const lives = (run: string) => runLives(folderOf(run));
  const list = () => {
    markLost(database, lives);
    return select<RunRecord>(database, 'SELECT * FROM runs ORDER BY startedAt DESC, rowid DESC');
  };
  return {
    begin: (run) => begin(database, run, takeFolder(folderOf, newId)),
    list,
    find: (id) => findRun(list(), id),
    jobs: (run) => select(database, 'SELECT * FROM jobs WHERE run = ? ORDER BY rowid', run),
    steps: (run) => select(database, 'SELECT * FROM steps WHERE run = ? ORDER BY rowid', run),
    artifacts: (run) => select(database, 'SELECT * FROM artifacts WHERE run = ? ORDER BY name', run),
    folderOf,
    lives,
    remove: async (run) => {
      const running = list().some((one) => one.id === run && one.state === 'running');
      if (running) {
        return false;
      }
      const gone = folderOf(run);
      await attempt(`remove ${gone}`, () => rm(gone, { recursive: true, force: true }));
      database.run('DELETE FROM runs WHERE id = ?', [run]);
      return true;
    },
    close: () => database.close(),
  };
}

interface RunFolder {
  readonly id: string;
  readonly folder: string;
}

/** Makes the folder of a run whose id nobody has: many that begin in one second may be given the same. */
function takeFolder(folderOf: (id: string) => string, newId: () => string): RunFolder {
  for (;;) {
    const id = newId();
    const folder = folderOf(id);
    const taken = attemptSync(`make the run's folder ${folder}`, () => {
      mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
      return existsAlready(() => mkdirSync(folder, { mode: 0o700 }));
    });
    if (!taken) {
      attemptSync(`make the run's folder ${folder}`, () => mkdirSync(join(folder, 'logs'), { mode: 0o700 }));
      return { id, folder };
    }
  }
}

function existsAlready(make: () => void): boolean {
  try {
    make();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return true;
    }
    throw error;
  }
}

function begin(database: Database, run: { workflow: string; file: string }, { id, folder }: RunFolder): OpenRun {
  lockRun(folder);
  database.run('INSERT INTO runs (id, state, workflow, file, startedAt) VALUES (?, ?, ?, ?, ?)', [
    id,
    'running',
    run.workflow,
    run.file,
    new Date().toISOString(),
  ]);
  return { id, folder, recorder: new Recorder(database, id, folder) };
}

function markLost(database: Database, lives: (run: string) => boolean): void {
  for (const { id } of select<RunRecord>(database, "SELECT * FROM runs WHERE state = 'running'")) {
    if (!lives(id)) {
      // Its process may have told the end and left between the two looks.
      database.run("UPDATE runs SET state = 'lost' WHERE id = ? AND state = 'running'", [id]);
    }
  }
}

function findRun(runs: readonly RunRecord[], id: string): RunRecord {
  const found = id === 'latest' ? runs.slice(0, 1) : runs.filter((run) => run.id.startsWith(id));
  const exact = found.find((run) => run.id === id) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined && id !== '') {
    return exact;
  }
  const names = found.slice(0, 5).map((run) => run.id);
  const message =
    names.length === 0
      ? `there is no run "${id}"; see: lightv ps -a`
      : `"${id}" begins several runs: ${names.join(', ')}`;
  throw new WrongInput([{ message }]);
}

function select<T>(database: Database, sql: string, run?: string): readonly T[] {
  return database.all(sql, run === undefined ? [] : [run]).map(withoutRun) as unknown as readonly T[];
}

function withoutRun({ run: _, ...row }: Row): Row {
  return row;
}
