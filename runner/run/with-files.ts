import { NeedsFiles, type Scope } from '../expression/scope.ts';
import { type HashRequest, hashFiles } from './hash-files.ts';

/**
 * Evaluates with `hashFiles()` at hand: evaluation is synchronous and a guest is not, so what asks for a digest is
 * evaluated again once the guest was asked.
 */
export async function withFiles<T>(scope: Scope, request: HashRequest, evaluate: (scope: Scope) => T): Promise<T> {
  const known = new Map<string, string>();
  const digest = (patterns: readonly string[]): string => {
    const found = known.get(JSON.stringify(patterns));
    if (found === undefined) {
      throw new NeedsFiles(patterns);
    }
    return found;
  };
  for (;;) {
    try {
      return evaluate({ ...scope, hashFiles: digest });
    } catch (error) {
      if (!(error instanceof NeedsFiles)) {
        throw error;
      }
      known.set(JSON.stringify(error.patterns), await hashFiles(error.patterns, request));
    }
  }
}
