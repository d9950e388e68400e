import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sha256 } from '../host/digest.ts';
import type { ConcurrencyGroups, GroupPlace, GroupRequest } from '../model/lease.ts';
import { FolderChanges } from './folder-changes.ts';
import { GroupFile, type Member } from './group-file.ts';
import { ownClaim } from './process-claim.ts';

/** Members that may wait in a group at once. */
const mostWaiting = 100;

/** Groups of what runs for one repository (or file outside any), kept in the state folder. */
export function openGroups(stateFolder: string, scope: string): ConcurrencyGroups {
  return {
    async enter(request, signal) {
      signal.throwIfAborted();
      const name = sha256(`${scope}\n${request.group.toLowerCase()}`).slice(0, 32);
      return await new Membership(new GroupFile(join(stateFolder, 'concurrency'), name), request).enter(signal);
    },
  };
}

class Membership {
  readonly #file: GroupFile;
  readonly #request: GroupRequest;
  readonly #id = randomUUID();
  #told = false;

  constructor(file: GroupFile, request: GroupRequest) {
    this.#file = file;
    this.#request = request;
  }

  async enter(signal: AbortSignal): Promise<GroupPlace> {
    await this.#file.change((members) => this.#added(members));
    const changes = new FolderChanges(this.#file.folder);
    const wake = () => changes.tell();
    signal.addEventListener('abort', wake, { once: true });
    try {
      const by = await this.#turn(changes, signal);
      if (by !== undefined) {
        await this.#leave(changes);
        return { kind: 'superseded', by };
      }
    } catch (error) {
      await this.#leave(changes);
      throw error;
    } finally {
      signal.removeEventListener('abort', wake);
    }
    const watching = this.#watchForEnd(changes);
    return {
      kind: 'entered',
      leave: async () => {
        await this.#leave(changes);
        await watching;
      },
    };
  }

  /** The group with this one at its end, and those marked that have to go for it. */
  #added(members: readonly Member[]): Member[] {
    const { who, queue, cancelInProgress } = this.#request;
    const goes = (each: Member) => (each.running ? cancelInProgress : queue === 'single');
    const others = members.map((each) => (each.endedBy === undefined && goes(each) ? { ...each, endedBy: who } : each));
    const own: Member = { id: this.#id, who, running: members.length === 0, process: ownClaim() };
    const waiting = others.filter(({ running, endedBy }) => !running && endedBy === undefined);
    const full = waiting.length >= mostWaiting;
    return [...others, full ? { ...own, endedBy: `the ${mostWaiting} that wait already` } : own];
  }

  /** Resolves when it is this one's turn; to who came later when it comes to none. Rejects when the signal aborts. */
  async #turn(changes: FolderChanges, signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const members = this.#file.read();
      const own = members.find(({ id }) => id === this.#id);
      if (own?.running === true || (await this.#takeTurn(members))) {
        return undefined;
      }
      if (own?.endedBy !== undefined) {
        return own.endedBy;
      }
      this.#tellWaiting(members);
      await changes.next();
    }
  }

  #tellWaiting(members: readonly Member[]): void {
    const before = members.find(({ running }) => running) ?? members[0];
    if (!this.#told && before !== undefined && before.id !== this.#id) {
      this.#told = true;
      this.#request.onWait(before.who);
    }
  }

  /** Whether nobody runs and nobody waits before this one; then it runs. */
  async #takeTurn(members: readonly Member[]): Promise<boolean> {
    if (!this.#isNext(members)) {
      return false;
    }
    const now = await this.#file.change((fresh) =>
      this.#isNext(fresh) ? fresh.map((each) => (each.id === this.#id ? { ...each, running: true } : each)) : fresh,
    );
    return now.some(({ id, running }) => id === this.#id && running);
  }

  #isNext(members: readonly Member[]): boolean {
    const next = members.find(({ endedBy }) => endedBy === undefined);
    return !members.some(({ running }) => running) && next?.id === this.#id;
  }

  async #watchForEnd(changes: FolderChanges): Promise<void> {
    while (!changes.closed) {
      const own = this.#file.read().find(({ id }) => id === this.#id);
      if (own?.endedBy !== undefined) {
        this.#request.onCancel(own.endedBy);
        return;
      }
      await changes.next({ quietly: true });
    }
  }

  async #leave(changes: FolderChanges): Promise<void> {
    changes.close();
    await this.#file.change((members) => members.filter(({ id }) => id !== this.#id));
  }
}
