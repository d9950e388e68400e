import { cleanText } from './clean-text.ts';

/** Text of a file or a guest made fit for one line among ours: blanks for line ends, no control characters. */
export function oneLine(text: string): string {
  return cleanText(text.replaceAll(/\s+/g, ' '), false);
}
