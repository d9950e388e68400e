import type { RunEvent } from '../../model/event.ts';
import { cleanText } from './clean-text.ts';
import { OnceTold } from './once-told.ts';
import { Pause } from './pause.ts';
import type { Excerpt, Out, Screen } from './screen.ts';
import { Summaries } from './summaries.ts';
import { linesBelow, linesFor } from './wording.ts';

/** Lines prefixed `job | ` for pipes and CI: no colours, no cursor movement, no control characters of a guest. */
export function plainScreen(out: Out, excerpt: Excerpt = async () => []): Screen {
  const summaries = new Summaries();
  const told = new OnceTold();
  const pause = new Pause();
  return {
    async write(event: RunEvent) {
      await pause.over();
      if (told.before(event)) {
        return;
      }
      summaries.take(event);
      const before = event.type === 'run-end' ? summaries.lines() : [];
      const below = await linesBelow(event, excerpt);
      const lines = [...before, ...linesFor(event), ...below].map(({ job, text }) => {
        const clean = cleanText(text, false);
        return job === undefined ? `${clean}\n` : `${cleanText(job, false)} | ${clean}\n`;
      });
      if (lines.length > 0) {
        await out.write(lines.join(''));
      }
    },
    async pause() {
      const end = pause.begin();
      // What was written in this turn goes out at its end.
      await new Promise((resolve) => setImmediate(resolve));
      return end;
    },
    close: async () => {},
  };
}
