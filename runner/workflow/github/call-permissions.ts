import type { Problem } from '../../model/problem.ts';
import type { Job, Permissions } from '../../model/workflow.ts';
import { allScopes } from './permissions.ts';

/**
 * What called jobs ask for beyond what the token of their callers may do, which GitHub refuses before it starts anything.
 * Where no caller says what it may do, that is the repository's setting, which nobody here knows.
 */
export function permissionProblems(jobs: readonly Job[]): Problem[] {
  return [...new Looking().into(jobs, undefined)];
}

class Looking {
  /** Jobs of one file that were looked at, by what they may do. */
  readonly #seen = new Map<readonly Job[], Set<string>>();

  *into(jobs: readonly Job[], allowed: Permissions | undefined): Generator<Problem> {
    const bound = JSON.stringify(allowed);
    const seen = this.#seen.get(jobs) ?? new Set();
    this.#seen.set(jobs, seen.add(bound));
    for (const { call, permissions = allowed } of jobs) {
      const inside = call?.workflow?.jobs ?? [];
      if (call === undefined || this.#seen.get(inside)?.has(JSON.stringify(permissions)) === true) {
        continue;
      }
      const asking = inside.flatMap((job) => {
        const excess = beyond(job.permissions, permissions);
        return excess === undefined ? [] : [`the job '${job.id}' of ${call.uses.text} asks for ${excess}`];
      });
      const others = asking.length > 1 ? `; ${asking.length - 1} more of its jobs ask for too much` : '';
      if (asking[0] !== undefined) {
        yield { message: `${asking[0]}${others}`, place: call.uses.place };
      }
      yield* this.into(inside, permissions);
    }
  }
}

/** `'contents: write' where it may have 'contents: read' at most`. */
function beyond(asked: Permissions | undefined, allowed: Permissions | undefined): string | undefined {
  if (asked === undefined || allowed === undefined) {
    return undefined;
  }
  const missing = Object.entries(asked).filter(([scope, level]) => !covers(allowed, scope, level));
  const [first] = missing;
  if (first === undefined) {
    return undefined;
  }
  const [scope, level] = first;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return `'${scope}: ${level}'${more} where its caller may have '${scope}: ${allowed[scope] ?? 'none'}' at most`;
}

/** Who may do all of what is known may do what is not. */
function covers(allowed: Permissions, scope: string, level: 'read' | 'write'): boolean {
  const enough = (found: string | undefined) => found === level || found === 'write';
  return enough(allowed[scope]) || (!allScopes.includes(scope) && allScopes.every((each) => enough(allowed[each])));
}
