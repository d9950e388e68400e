import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { CacheScopes } from './job-caches.ts';

/** Seconds a token is said to hold; it ends with its job in any case. */
const tokenTime = 24 * 3600;

/** What a token is for. */
export type Use = 'runtime' | 'identity';

/** What clients call a run and a job by: a UUID, since the claim they read it from is split at spaces and colons. */
export function backendId(...names: readonly string[]): string {
  const hex = createHash('sha256').update(names.join('\n')).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * The tokens of one job. A token is known by itself: those of other jobs and runs, and those of jobs that have ended,
 * are not. Each step has its own, so that what it does can be told as its doing.
 */
export class JobTokens {
  readonly #key = randomBytes(32);
  readonly #steps: Readonly<Record<Use, Map<string, string>>> = { runtime: new Map(), identity: new Map() };
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** A token for actions of a step: a JWT whose claims tell clients whose it is. */
  runtime(step: string, run: string, job: string, { write, read }: CacheScopes): string {
    // Permission 1 reads, 2 writes; clients of the cache look it up.
    const scopes = read.map((scope) => ({ Scope: scope, Permission: scope === write ? 3 : 1 }));
    const claims = { scp: `Actions.Results:${run}:${job}`, ac: JSON.stringify(scopes) };
    return this.#issue('runtime', step, claims);
  }

  /** A token that gets identity tokens and nothing else. */
  identity(step: string): string {
    return this.#issue('identity', step, { scp: 'Actions.IdToken' });
  }

  /** Whose token this is; `undefined` when it is none of this job's, or for something else. */
  stepOf(use: Use, token: string): string | undefined {
    return this.#steps[use].get(token);
  }

  /** Signed as a JWT is, for clients that look; here a token is known by its text. */
  #issue(use: Use, step: string, claims: Readonly<Record<string, string>>): string {
    const seconds = Math.floor(this.#now().getTime() / 1000);
    const times = { iat: seconds, nbf: seconds - 300, exp: seconds + tokenTime };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, step, ...times })}`;
    const token = `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`;
    this.#steps[use].set(token, step);
    return token;
  }
}
