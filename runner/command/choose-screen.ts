import { jsonScreen } from './render/json.ts';
import { streamOut } from './render/out.ts';
import { plainScreen } from './render/plain.ts';
import type { Excerpt, Screen } from './render/screen.ts';

/** The screen that fits where stdout goes. `onClosed` is called when nobody reads it any more. */
export async function chooseScreen(json: boolean, onClosed: () => void, excerpt?: Excerpt): Promise<Screen> {
  const out = streamOut(process.stdout, onClosed);
  if (json) {
    return jsonScreen(out);
  }
  const { CI, TERM, NO_COLOR } = process.env;
  const plain = !process.stdout.isTTY || (CI !== undefined && CI !== '' && CI !== 'false') || TERM === 'dumb';
  if (plain) {
    return plainScreen(out, excerpt);
  }
  const { terminalScreen } = await import('./render/terminal.ts');
  return terminalScreen(
    process.stdout,
    streamOut(process.stdout, onClosed, 0),
    NO_COLOR === undefined || NO_COLOR === '',
    excerpt,
  );
}
