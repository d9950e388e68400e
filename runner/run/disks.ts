import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import type { Disk } from '../model/machine.ts';
import type { IsolationLevel } from '../model/workflow.ts';
import type { StepGraph } from './step-graph.ts';

/** Bytes of a job's disk when the file names none; it takes room on the host only as it fills. */
export const defaultDisk = 8 * 1024 ** 3;

/** A disk a step left, and what made it: what a microVM wrote is not for the host's kernel to mount. */
export interface StepDisk {
  readonly disk: Disk;
  readonly isolation: IsolationLevel;
  /** The image it is laid over, as it was asked for, and its digest. */
  readonly image: { readonly reference: string; readonly digest: string };
}

/** The disks of one job: each step's stays as the step left it, so that later steps can fork it. */
export class JobDisks {
  readonly #graph: StepGraph;
  readonly #left = new Map<string, StepDisk>();
  /** Every file there is, with the files it cannot do without: of a fork that holds no copy those it was forked from. */
  readonly #made = new Map<string, readonly string[]>();
  readonly #wanted = new Set<string>();
  readonly #gone = new Set<string>();

  constructor(graph: StepGraph) {
    this.#graph = graph;
  }

  /** Notes a disk that now exists, whatever becomes of it. */
  made({ path, format }: Disk, parent?: Disk): void {
    const below = format === 'qcow2' && parent !== undefined ? this.filesOf(parent) : [];
    this.#made.set(path, [path, ...below]);
  }

  /** Notes what an earlier run left of a step. */
  had(step: string, disk: StepDisk, files: readonly string[]): void {
    this.#made.set(disk.disk.path, files);
    this.#left.set(step, disk);
  }

  /** Notes that a step had a disk in an earlier run which is gone. */
  gone(step: string): void {
    this.#gone.add(step);
  }

  /** Whether a step had a disk, in this run or in one it goes on from. */
  knows(step: string): boolean {
    return this.#left.has(step) || this.#gone.has(step);
  }

  /** The files a disk is made of. */
  filesOf({ path }: Disk): readonly string[] {
    return this.#made.get(path) ?? [path];
  }

  /** Notes what a step that ran left behind; its machine is gone, or another step goes on with it. */
  leave(step: string, disk: StepDisk): void {
    this.#left.set(step, disk);
  }

  /** The disk as a step left it: that of its base when it never had one, `undefined` as the job began. */
  after(step: string): StepDisk | undefined {
    for (let at: string | undefined = step; at !== undefined; at = this.#graph.base(at)) {
      const found = this.#left.get(at);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }

  /** The disk a step itself left, if it ran. */
  own(step: string): StepDisk | undefined {
    return this.#left.get(step);
  }

  /** What a step's disk is forked from. */
  before(step: string): StepDisk | undefined {
    const base = this.#graph.base(step);
    return base === undefined ? undefined : this.after(base);
  }

  /** Keeps a step's disk, and those below it, when the others are removed; its path. */
  keep(step: string): string | undefined {
    for (let at: string | undefined = step; at !== undefined; at = this.#graph.base(at)) {
      const found = this.#left.get(at);
      if (found !== undefined) {
        this.#wanted.add(found.disk.path);
      }
    }
    return this.#left.get(step)?.disk.path;
  }

  /**
   * Removes all disks in `folder` but those that were to be kept and `others`: one that lives elsewhere is its backend's.
   * Fails with a `HostFault`.
   */
  async remove(folder: string, others: ReadonlySet<string> = new Set()): Promise<void> {
    const stays = (path: string) => this.#wanted.has(path) || others.has(path);
    const paths = [...this.#made.keys()].filter((path) => path.startsWith(`${folder}/`) && !stays(path));
    await attempt('remove the disks of a job', () =>
      Promise.all(paths.map((path) => rm(path, { recursive: true, force: true }))),
    );
  }
}

/** Where a machine's disk is made, without extension. */
export function diskPath(folder: string, job: number, step: number, attemptName: string): string {
  return join(folder, `${job}-${step}-${attemptName}`);
}
