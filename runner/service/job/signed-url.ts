import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Milliseconds that an address holds. */
const lifetime = 3600 * 1000;

/** Addresses that whoever holds them may use without a token, for a while. Made and checked with a key of its own. */
export class SignedUrls {
  readonly #key = randomBytes(32);
  readonly #origin: string;
  readonly #now: () => Date;

  constructor(origin: string, now: () => Date) {
    this.#origin = origin;
    this.#now = now;
  }

  /** `path` begins with a slash; Azure's clients want three segments in it, and a query behind it. */
  sign(path: string): string {
    const until = String(this.#now().getTime() + lifetime);
    return `${this.#origin}${path}?se=${until}&sig=${this.#signature(path, until)}`;
  }

  /** Whether an address was signed here and is not too old; clients may add to its query. */
  holds({ pathname, searchParams }: URL): boolean {
    const until = searchParams.get('se') ?? '';
    const given = Buffer.from(searchParams.get('sig') ?? '');
    const right = Buffer.from(this.#signature(pathname, until));
    return given.length === right.length && timingSafeEqual(given, right) && Number(until) >= this.#now().getTime();
  }

  #signature(path: string, until: string): string {
    return createHmac('sha256', this.#key).update(`${until}\n${path}`).digest('base64url');
  }
}
