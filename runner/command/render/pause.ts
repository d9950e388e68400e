/** Holds writers back while somebody else has the terminal. */
export class Pause {
  #over: Promise<void> | undefined;

  /** Until the returned function is called. */
  begin(): () => void {
    let end = (): void => {};
    this.#over = new Promise((resolve) => {
      end = () => {
        this.#over = undefined;
        resolve();
      };
    });
    return end;
  }

  get on(): boolean {
    return this.#over !== undefined;
  }

  /** Resolves when there is none. */
  async over(): Promise<void> {
    while (this.#over !== undefined) {
      await this.#over;
    }
  }
}
