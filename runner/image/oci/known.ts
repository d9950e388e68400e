import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../host/digest.ts';
import { HostFault } from '../../host/fault.ts';
import { isSystemError, writeWhole } from '../../host/in-place.ts';
import type { HostPlatform } from './platform.ts';
import { type OciReference, referenceText } from './reference.ts';

/** What references stood for when they were last asked for. */
export class KnownImages {
  readonly #file: string;

  constructor(folder: string, of: OciReference, { architecture }: HostPlatform) {
    this.#file = join(folder, sha256(`${architecture} ${referenceText(of)}`).slice(0, 32));
  }

  /** The digest of the manifest. */
  async last(): Promise<string | undefined> {
    try {
      return await readFile(this.#file, 'utf8');
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') {
        return undefined;
      }
      throw new HostFault(`read ${this.#file}`, error);
    }
  }

  async remember(digest: string): Promise<void> {
    if ((await this.last()) !== digest) {
      await writeWhole(this.#file, digest);
    }
  }
}
