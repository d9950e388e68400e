import type { RunEvent } from '../../model/event.ts';
import type { RunSink } from '../../model/lease.ts';

/** Shows the events of one run. */
export interface Screen extends RunSink {
  /** Shows all it has and then nothing, until the returned function is called; writers wait. One at a time. */
  pause(): Promise<() => void>;
  /** Leaves the terminal as it was found; after a run's last event or when it was given up. */
  close(): Promise<void>;
}

/** What stands below the line of a problem: the source's line and a caret. Is called with starts of runs, too. */
export type Excerpt = (event: RunEvent) => Promise<readonly string[]>;

/** Where text goes: stdout, or a file of a test. `write` resolves when there is room for more. */
export interface Out {
  write(text: string): Promise<void>;
}
