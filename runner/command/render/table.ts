import Table from 'cli-table3';
import type { Colors } from 'picocolors/types.js';
import type { Conclusion, JobEndEvent, RunEvent } from '../../model/event.ts';
import { clip } from './clip.ts';
import { oneLine } from './one-line.ts';
import { duration, whyText } from './wording.ts';

/** Collects how jobs ended, for the table behind a run. */
export class ResultTable {
  readonly #ends: JobEndEvent[] = [];

  take(event: RunEvent): void {
    if (event.type === 'job-end') {
      this.#ends.push(event);
    }
  }

  /** Lines at most `columns` wide; empty when no job has ended. */
  lines(columns: number, colors: Colors): readonly string[] {
    if (this.#ends.length === 0) {
      return [];
    }
    const cells = this.#ends.map((end) => ({
      job: clip(oneLine(end.job), Math.max(8, Math.floor(columns / 3))),
      result: end.outcome === end.conclusion ? end.conclusion : `${end.conclusion} (${end.outcome})`,
      time: end.durationMs === undefined || end.conclusion === 'skipped' ? '' : duration(end.durationMs),
      why: oneLine(whyText(end)),
      outcome: end.outcome,
    }));
    const taken = Math.max(...cells.map(({ job, result, time }) => job.length + result.length + time.length)) + 16;
    const table = new Table({ style: { head: [], border: [], compact: true }, head: ['job', 'result', 'time', 'why'] });
    for (const { job, result, time, why, outcome } of cells) {
      table.push([job, paint(colors, outcome, result), time, clip(why, Math.max(0, columns - taken))]);
    }
    return table.toString().split('\n');
  }
}

function paint(colors: Colors, outcome: Conclusion, text: string): string {
  const painters = { success: colors.green, failure: colors.red, cancelled: colors.yellow, skipped: colors.dim };
  return painters[outcome](text);
}
