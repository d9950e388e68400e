import { join } from 'node:path';
import type {
  ArtifactEvent,
  JobEndEvent,
  RunEndEvent,
  RunEvent,
  StepEndEvent,
  StepStartEvent,
} from '../model/event.ts';
import type { RunSink } from '../model/lease.ts';
import type { Database } from './database.ts';
import type { RunState } from './record.ts';
import { StepLog } from './step-log.ts';

/** Writes a run's events down as they come: states and timings into the database, lines into one file a step. */
export class Recorder implements RunSink {
  readonly #database: Database;
  readonly #run: string;
  readonly #logs: string;
  readonly #open = new Map<string, StepLog>();
  #steps = 0;
  #ended = false;

  constructor(database: Database, run: string, folder: string) {
    this.#database = database;
    this.#run = run;
    this.#logs = join(folder, 'logs');
  }

  async write(event: RunEvent): Promise<void> {
    switch (event.type) {
      case 'log':
        await this.#log(event);
        break;
      case 'job-start':
        this.#startJob(event.job, event.name, event.time);
        break;
      case 'step-start':
        await this.#startStep(event);
        break;
      case 'step-end':
        await this.#endStep(event);
        break;
      case 'job-end':
        this.#endJob(event);
        break;
      case 'artifact':
        this.#artifact(event);
        break;
      case 'run-end':
        this.#endRun(event);
        break;
      case 'run-start':
      case 'notice':
      case 'problem':
        break;
    }
  }

  /** Closes the log files. A run that told no end of its own is remembered with this one; call it in any case. */
  async close(state: RunState, exitCode: number): Promise<void> {
    const logs = [...this.#open.values()];
    this.#open.clear();
    if (!this.#ended) {
      this.#setEnd(state, new Date().toISOString(), exitCode);
    }
    const closed = await Promise.allSettled(logs.map((log) => log.close()));
    const failed = closed.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      throw failed.reason;
    }
  }

  #artifact({ name, job, step, files, bytes, removed }: ArtifactEvent): void {
    if (removed === true) {
      this.#database.run('DELETE FROM artifacts WHERE run = ? AND name = ?', [this.#run, name]);
      return;
    }
    this.#database.run('INSERT INTO artifacts (run, name, job, step, files, bytes) VALUES (?, ?, ?, ?, ?, ?)', [
      ...[this.#run, name, job, step, files, bytes],
    ]);
  }

  #startJob(id: string, name: string, time: string): void {
    this.#database.run(
      `INSERT INTO jobs (run, id, name, startedAt) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET startedAt = excluded.startedAt`,
      [this.#run, id, name, time],
    );
  }

  async #startStep(event: StepStartEvent): Promise<void> {
    this.#steps += 1;
    const log = logName(this.#steps, event.job, event.step);
    await this.#open.get(key(event))?.close();
    this.#open.set(key(event), new StepLog(join(this.#logs, log)));
    this.#database.run(
      `INSERT INTO steps (run, job, id, attempt, name, isolation, accel, startedAt, log) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        this.#run,
        event.job,
        event.step,
        event.attempt,
        event.name,
        event.machine?.isolation,
        event.machine?.accel,
        event.time,
        log,
      ],
    );
  }

  async #log(event: RunEvent & { type: 'log' }): Promise<void> {
    const { line, time, stream, text } = event;
    await this.#open.get(key(event))?.write({ line, time, stream, text });
  }

  async #endStep(event: StepEndEvent): Promise<void> {
    const log = this.#open.get(key(event));
    this.#open.delete(key(event));
    const columns = [...ending(event), event.summary];
    const changed = this.#database.run(
      `UPDATE steps SET conclusion = ?, outcome = ?, exitCode = ?, signal = ?, reason = ?, detail = ?, durationMs = ?,
         summary = ?
       WHERE run = ? AND job = ? AND id = ?
         AND attempt = (SELECT max(attempt) FROM steps WHERE run = ? AND job = ? AND id = ?)`,
      [...columns, this.#run, event.job, event.step, this.#run, event.job, event.step],
    );
    if (changed === 0) {
      this.#database.run(
        `INSERT INTO steps (conclusion, outcome, exitCode, signal, reason, detail, durationMs, summary,
           run, job, id, attempt, name, startedAt, recorded, log)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, '')`,
        [...columns, this.#run, event.job, event.step, event.step, event.time, event.recorded],
      );
    }
    await log?.close();
  }

  #endJob(event: JobEndEvent): void {
    this.#database.run(
      `INSERT INTO jobs (conclusion, outcome, exitCode, signal, reason, detail, durationMs, recorded, run, id, name,
         startedAt)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET conclusion = excluded.conclusion, outcome = excluded.outcome,
         exitCode = excluded.exitCode, signal = excluded.signal, reason = excluded.reason, detail = excluded.detail,
         durationMs = excluded.durationMs, recorded = excluded.recorded`,
      [...ending(event), event.recorded, this.#run, event.job, event.job, event.time],
    );
  }

  #endRun(event: RunEndEvent): void {
    const state = event.conclusion === 'skipped' ? 'success' : event.conclusion;
    this.#setEnd(state, event.time, event.exitCode, event.reason, event.detail);
  }

  #setEnd(state: RunState, time: string, exitCode: number, reason?: string, detail?: string): void {
    this.#ended = true;
    this.#database.run('UPDATE runs SET state = ?, endedAt = ?, exitCode = ?, reason = ?, detail = ? WHERE id = ?', [
      state,
      time,
      exitCode,
      reason,
      detail,
      this.#run,
    ]);
  }
}

function key(event: { readonly job: string; readonly step: string }): string {
  return `${event.job}\n${event.step}`;
}

function ending(event: StepEndEvent | JobEndEvent) {
  return [
    event.conclusion,
    event.outcome,
    event.exitCode,
    event.signal,
    event.reason,
    event.detail,
    event.durationMs,
  ] as const;
}

/** Job ids hold whatever a matrix holds; the number in front keeps names apart and in order. */
function logName(number: number, job: string, step: string): string {
  const words = `${job}-${step}`.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  return `${String(number).padStart(4, '0')}-${words}.ndjson`;
}
