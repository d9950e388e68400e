import type { RunEvent } from '../../model/event.ts';
import { clip } from './clip.ts';
import { oneLine } from './one-line.ts';
import { duration } from './wording.ts';

interface Running {
  readonly since: number;
  /** Names of its running steps by id. */
  readonly steps: Map<string, string>;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** The jobs that run now, one line each. */
export class LiveJobs {
  readonly #jobs = new Map<string, Running>();

  take(event: RunEvent): void {
    if (event.type === 'job-start') {
      this.#jobs.set(event.job, { since: Date.parse(event.time), steps: new Map() });
    } else if (event.type === 'step-start') {
      this.#jobs.get(event.job)?.steps.set(event.step, event.name);
    } else if (event.type === 'step-end') {
      this.#jobs.get(event.job)?.steps.delete(event.step);
    } else if (event.type === 'job-end') {
      this.#jobs.delete(event.job);
    } else if (event.type === 'run-end') {
      this.#jobs.clear();
    }
  }

  /** At most `rows` lines, none wider than `columns`; `paint` colours a job's name. */
  lines(now: number, columns: number, rows: number, paint: (job: string, text: string) => string): readonly string[] {
    const jobs = [...this.#jobs];
    const shown = jobs.length > rows ? jobs.slice(0, Math.max(0, rows - 1)) : jobs;
    const frame = frames[Math.floor(now / 100) % frames.length] ?? '';
    const lines = shown.map(([job, { since, steps }]) => {
      const time = duration(Math.max(0, Math.floor((now - since) / 100) * 100));
      const name = clip(oneLine(job), Math.max(1, columns - 5 - time.length));
      const room = columns - 5 - time.length - name.length;
      const what = room < 4 ? '' : ` ${clip(oneLine([...steps.values()].join(', ')) || 'waiting', room)}`;
      return `${frame} ${paint(job, name)}${what} ${time}`;
    });
    const hidden = jobs.length - shown.length;
    return hidden > 0 && rows > 0 ? [...lines, clip(`  and ${hidden} more jobs`, columns)] : lines;
  }
}
