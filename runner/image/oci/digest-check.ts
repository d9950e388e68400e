import { createHash, type Hash } from 'node:crypto';

/** Looks at bytes as they pass: whether they are those of a digest. */
export class DigestCheck {
  readonly #hash: Hash;
  readonly #algorithm: string;
  /** Bytes so far. */
  size = 0;

  /** `digest`: `sha256:…` or `sha512:…`. */
  constructor(readonly digest: string) {
    this.#algorithm = digest.slice(0, digest.indexOf(':'));
    this.#hash = createHash(this.#algorithm);
  }

  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    this.#hash.update(chunk);
  }

  /** The digest of all that was added, in the form of the one expected. Called once. */
  found(): string {
    return `${this.#algorithm}:${this.#hash.digest('hex')}`;
  }
}

/** Digest of a whole document, by the algorithm of `like`. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const check = new DigestCheck(like);
  check.add(bytes);
  return check.found();
}
