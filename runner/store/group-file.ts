import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { attempt } from '../host/attempt.ts';
import { withLock } from '../host/lock.ts';
import { claimLives, processClaim, readIfThere } from './process-claim.ts';

const member = z.object({
  id: z.string(),
  who: z.string(),
  running: z.boolean(),
  /** Who came later and ends it. */
  endedBy: z.string().optional(),
  process: processClaim,
});

/** One that runs or waits in a group. */
export type Member = z.output<typeof member>;

const content = z.array(member);

/**
 * The members of a group in the order they came, in a file that every process of this machine reads and writes. There is
 * none for a group without members.
 */
export class GroupFile {
  /** All groups are in it. */
  readonly folder: string;
  readonly #file: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.#file = join(folder, `${name}.json`);
  }

  /** Those whose process still lives. */
  read(): Member[] {
    const members = content.safeParse(this.#json());
    return members.success ? members.data.filter((each) => claimLives(each.process)) : [];
  }

  async #write(members: readonly Member[]): Promise<void> {
    if (members.length === 0) {
      await rm(this.#file, { force: true });
      return;
    }
    const fresh = `${this.#file}.fresh`;
    await writeFile(fresh, JSON.stringify(members));
    await rename(fresh, this.#file);
  }

  #json(): unknown {
    try {
      return JSON.parse(readIfThere(this.#file) ?? '[]');
    } catch (error) {
      if (error instanceof SyntaxError) {
        // Written by nobody of us: it says of nobody that it runs.
        return [];
      }
      throw error;
    }
  }

  /** Nobody else reads or writes between. Resolves to what `change` gave; fails with a `HostFault`. */
  async change(change: (members: readonly Member[]) => readonly Member[]): Promise<readonly Member[]> {
    return await attempt(`change the group in ${this.folder}`, async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      return await withLock(join(this.folder, 'lock'), async () => {
        const members = change(this.read());
        await this.#write(members);
        return members;
      });
    });
  }
}
