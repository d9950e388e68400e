import type { RunEvent } from '../model/event.ts';
import type { RunSink } from '../model/lease.ts';
import type { Problem } from '../model/problem.ts';
import { Masks } from '../output/masks.ts';

type Untold<E> = E extends RunEvent ? Omit<E, 'run' | 'time'> : never;

/** An event without what every event has. */
export type Report = Untold<RunEvent>;

/** Where in a run a notice or problem belongs. */
export interface Where {
  readonly job?: string;
  readonly step?: string;
}

interface ReporterOptions {
  readonly sink: RunSink;
  readonly run: string;
  readonly now: () => Date;
  /** Called with the first error of the sink; the run cannot go on then. */
  readonly onLost: (error: unknown) => void;
}

/** Writes a run's events, masked. A sink that fails once fails every later write with the same error. */
export class Reporter {
  readonly masks: Masks;
  readonly #options: ReporterOptions;
  readonly #state: { lost?: { readonly error: unknown } };

  #stamped = { milliseconds: Number.NaN, text: '' };

  constructor(options: ReporterOptions, masks = new Masks(), state: { lost?: { readonly error: unknown } } = {}) {
    this.#options = options;
    this.masks = masks;
    this.#state = state;
  }

  /** A reporter that hides more: what one job's steps add. */
  withOwnMasks(): Reporter {
    return new Reporter(this.#options, new Masks(this.masks), this.#state);
  }

  async write(report: Report): Promise<void> {
    if (this.#state.lost !== undefined) {
      throw this.#state.lost.error;
    }
    const { sink, run, now } = this.#options;
    // Log lines come masked, and there are many.
    const shown = report.type === 'log' ? report : masked(report, this.masks);
    const event = Object.assign({ type: report.type, run, time: this.#stamp(now()) }, shown) as RunEvent;
    try {
      await sink.write(event);
    } catch (error) {
      if (this.#state.lost === undefined) {
        this.#state.lost = { error };
        this.#options.onLost(error);
      }
      throw error;
    }
  }

  /** A flood of lines shares its milliseconds. */
  #stamp(now: Date): string {
    const milliseconds = now.getTime();
    if (milliseconds !== this.#stamped.milliseconds) {
      this.#stamped = { milliseconds, text: now.toISOString() };
    }
    return this.#stamped.text;
  }

  async notice(where: Where, text: string, level: 'info' | 'warning' = 'info'): Promise<void> {
    await this.write({ type: 'notice', level, ...where, text });
  }

  async problems(where: Where, problems: readonly Problem[]): Promise<void> {
    for (const problem of problems) {
      await this.write({ type: 'problem', ...where, problem });
    }
  }
}

/** Whatever a guest or a file could have put a secret into is masked. */
function masked(report: Exclude<Report, { type: 'log' }>, masks: Masks): Report {
  const detail = (value: { readonly detail?: string }) =>
    value.detail === undefined ? {} : { detail: masks.mask(value.detail) };
  switch (report.type) {
    case 'run-start':
      return report.name === undefined ? report : { ...report, name: masks.mask(report.name) };
    case 'job-start': {
      const { environment } = report;
      const shown = environment === undefined ? {} : { environment: masks.mask(environment) };
      return { ...report, ...shown, name: masks.mask(report.name) };
    }
    case 'step-start':
    case 'artifact':
      return { ...report, name: masks.mask(report.name) };
    case 'step-end': {
      const { summary } = report;
      const shown = summary === undefined ? {} : { summary: masks.mask(summary) };
      return { ...report, ...detail(report), ...shown, outputs: maskValues(report.outputs, masks) };
    }
    case 'job-end': {
      const { environmentUrl: url } = report;
      const shown = url === undefined ? {} : { environmentUrl: masks.mask(url) };
      return { ...report, ...detail(report), ...shown, outputs: maskValues(report.outputs, masks) };
    }
    case 'notice':
      return { ...report, text: masks.mask(report.text) };
    case 'problem':
      return {
        ...report,
        problem: maskedProblem(report.problem, masks),
        ...(report.title === undefined ? {} : { title: masks.mask(report.title) }),
        ...(report.code === undefined ? {} : { code: masks.mask(report.code) }),
      };
    case 'run-end':
      return { ...report, ...detail(report) };
  }
}

function maskedProblem({ message, place }: Problem, masks: Masks): Problem {
  const where = place === undefined ? {} : { place: { ...place, file: masks.mask(place.file) } };
  return { message: masks.mask(message), ...where };
}

/** The record with its values masked. */
export function maskValues(values: Readonly<Record<string, string>>, masks: Masks): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, masks.mask(value)]));
}
