import { watch } from 'node:fs';

/** Milliseconds after which a folder counts as changed although nothing was written: who would have may have died. */
const look = 1000;

/** Changes of a folder, for one that waits for them. */
export class FolderChanges {
  closed = false;
  readonly #watcher: ReturnType<typeof watch>;
  #wake: () => void = () => {};
  #missed = false;

  constructor(folder: string) {
    this.#watcher = watch(folder, { persistent: false }, () => this.tell());
    // Some file systems do not tell: to look every now and then is enough there.
    this.#watcher.on('error', () => {});
  }

  /** Wakes who waits for the next change. */
  tell(): void {
    this.#missed = true;
    this.#wake();
  }

  /**
   * Resolves at the next change since this was last asked, and every so often without one. `quietly`: this process need
   * not live on for that.
   */
  async next({ quietly = false } = {}): Promise<void> {
    if (!this.#missed && !this.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, look);
        if (quietly) {
          timer.unref();
        }
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#missed = false;
  }

  /** Wakes who waits, for the last time. */
  close(): void {
    this.closed = true;
    this.#watcher.close();
    this.#wake();
  }
}
