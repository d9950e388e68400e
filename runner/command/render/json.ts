import { Pause } from './pause.ts';
import type { Out, Screen } from './screen.ts';

/** One event a line, as it is. */
export function jsonScreen(out: Out): Screen {
  const pause = new Pause();
  return {
    async write(event) {
      await pause.over();
      await out.write(`${JSON.stringify(event)}\n`);
    },
    pause: async () => pause.begin(),
    close: async () => {},
  };
}
