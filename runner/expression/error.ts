import type { Place, Problem } from '../model/problem.ts';

/** An expression that cannot be read or evaluated. `message` is one sentence without the place. */
export class ExpressionError extends Error {
  readonly place: Place;

  constructor(message: string, place: Place, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExpressionError';
    this.place = place;
  }

  get problem(): Problem {
    return { message: this.message, place: this.place };
  }
}
