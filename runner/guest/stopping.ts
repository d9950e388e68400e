import { constants } from 'node:os';

/** Milliseconds a guest has to report the end of what was killed. */
const answerTime = 5000;
const tick = 250;

interface Far {
  /** Sends a signal to the far side's process group. */
  signal(number: number): void;
  /** True while it is this side that holds things up: that time is not the guest's. */
  waiting(): boolean;
  lost(detail: string): void;
}

/** The way down of a command: INT where it is asked for, TERM, a grace, KILL, and then the guest's time to answer. Each stage is entered once. */
export class Stopping {
  readonly #far: Far;
  #grace: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #terminated = false;
  #ended = false;

  constructor(far: Far) {
    this.#far = far;
  }

  /** Both in milliseconds: from INT, if there is one, to TERM, and from there to KILL. */
  terminate({ interrupt, grace }: { readonly interrupt?: number; readonly grace: number }): void {
    if (this.#ended || this.#terminated || this.#deadline !== undefined) {
      return;
    }
    this.#terminated = true;
    if (interrupt === undefined) {
      this.#term(grace);
      return;
    }
    this.#far.signal(constants.signals.SIGINT);
    this.#grace = setTimeout(() => this.#term(grace), interrupt);
  }

  #term(grace: number): void {
    this.#far.signal(constants.signals.SIGTERM);
    this.#grace = setTimeout(() => this.kill(), grace);
  }

  kill(): void {
    if (this.#ended || this.#deadline !== undefined) {
      return;
    }
    clearTimeout(this.#grace);
    this.#far.signal(constants.signals.SIGKILL);
    let spent = 0;
    this.#deadline = setInterval(() => {
      spent += this.#far.waiting() ? 0 : tick;
      if (spent >= answerTime) {
        this.end();
        this.#far.lost(`the guest did not report the end within ${answerTime / 1000} s of the kill`);
      }
    }, tick);
  }

  /** The end was reported: no timer is left. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#grace);
    clearInterval(this.#deadline);
  }
}
