import type { Out, Screen } from './screen.ts';

/** One event a line, as it is. */
export function jsonScreen(out: Out): Screen {
  return {
    write: (event) => out.write(`${JSON.stringify(event)}\n`),
    close: async () => {},
  };
}
