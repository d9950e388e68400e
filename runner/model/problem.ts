/** A place in a file. `line` and `column` are 1-based; `length` counts UTF-16 units on that line, 1 when absent. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length?: number;
}

/**
 * Something a user has to change: a wrong workflow file, argument or configuration.
 * `message` is one sentence without its place; it says what was found and, where there is a closed set, what is allowed.
 */
export interface Problem {
  readonly message: string;
  readonly place?: Place;
}
