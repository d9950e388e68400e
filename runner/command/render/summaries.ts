import type { RunEvent } from '../../model/event.ts';
import { markdownLines } from './markdown.ts';
import type { Line } from './wording.ts';

/** Collects what steps wrote into their summary file, to show it when the run has ended. */
export class Summaries {
  readonly #texts: { readonly job: string; readonly text: string }[] = [];

  take(event: RunEvent): void {
    if (event.type === 'step-end' && event.summary !== undefined && event.summary.trim() !== '') {
      this.#texts.push({ job: event.job, text: event.summary });
    }
  }

  lines(): readonly Line[] {
    return this.#texts.flatMap(({ job, text }) =>
      markdownLines(text).map((line) => ({ job, text: line, tone: 'plain', guest: true }) as const),
    );
  }
}
