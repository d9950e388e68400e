import type { Exit } from '../../model/machine.ts';

/** What goes wrong, on purpose. */
export interface FakeFaults {
  /** `fail`: every boot is refused. `hang`: boots wait until their deadline or until they are aborted. */
  readonly boot?: 'fail' | 'hang';
}

const exits: Readonly<Record<string, Exit>> = {
  lost: { kind: 'lost', detail: 'the machine was told to be lost' },
  'out-of-memory': { kind: 'out-of-memory' },
  'not-started': { kind: 'not-started', detail: 'the command was told not to start' },
};

/**
 * The exit that a command asks for by `LIGHTV_FAKE_EXIT` in its environment (`lost`, `out-of-memory`, `not-started`), or
 * `undefined`. Throws an `Error` for any other word: a test that misspells must not pass.
 */
export function scriptedExit(env: Readonly<Record<string, string>>): Exit | undefined {
  const word = env.LIGHTV_FAKE_EXIT;
  if (word === undefined) {
    return undefined;
  }
  const exit = exits[word];
  if (exit === undefined) {
    throw new Error(`LIGHTV_FAKE_EXIT is ${word}; allowed are ${Object.keys(exits).join(', ')}`);
  }
  return exit;
}
