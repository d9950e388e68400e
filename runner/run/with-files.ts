import { NeedsFiles, type Scope } from '../expression/scope.ts';

/** Finds the digest of the files in a workspace that match, '' when none does. */
export type DigestFiles = (patterns: readonly string[]) => Promise<string>;

/**
 * Evaluates with `hashFiles()` at hand: evaluation is synchronous and a guest is not, so what asks for a digest is
 * evaluated again once the guest was asked.
 */
export async function withFiles<T>(scope: Scope, digest: DigestFiles, evaluate: (scope: Scope) => T): Promise<T> {
  const known = new Map<string, string>();
  const hashFiles = (patterns: readonly string[]): string => {
    const found = known.get(JSON.stringify(patterns));
    if (found === undefined) {
      throw new NeedsFiles(patterns);
    }
    return found;
  };
  for (;;) {
    try {
      return evaluate({ ...scope, hashFiles });
    } catch (error) {
      if (!(error instanceof NeedsFiles)) {
        throw error;
      }
      known.set(JSON.stringify(error.patterns), await digest(error.patterns));
    }
  }
}
