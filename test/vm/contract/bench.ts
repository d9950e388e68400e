import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ImageFile } from '../../../runner/model/image.ts';
import type { Disk, MicroVm, VmBackend, VmSpec } from '../../../runner/model/machine.ts';
import { never } from '../../ground/never.ts';

/** What a kind of machine cannot do by its nature; each names the cases left out, and the suite prints it. */
export type Lack = 'limits' | 'disk-limit' | 'whole-disk' | 'isolation' | 'hostname' | 'kill' | 'network' | 'users';

export interface ContractKind {
  readonly name: string;
  readonly backend: VmBackend;
  readonly image: () => Promise<ImageFile>;
  /** Why, by what it lacks. */
  readonly lacks?: Partial<Record<Lack, string>>;
  /** Kills the machine's process from outside. */
  readonly kill?: (machine: MicroVm) => void;
  /** Milliseconds a boot attempt may take; 20 s when left out. */
  readonly bootDeadline?: number;
  /** Whether mounting inside must be refused, as where the kernel is the host's. */
  readonly mountRefused?: boolean;
}

/** A case on a machine that others use too. */
export type Case = (t: ExecutionContext, machine: MicroVm, bench: Bench) => Promise<void>;
/** A case with machines of its own. */
export type OwnCase = (t: ExecutionContext, bench: Bench) => Promise<void>;

export const mib = 1024 ** 2;

/** Where a suite's machines are made: a folder, a run id and specs. */
export class Bench {
  readonly kind: ContractKind;
  folder = '';
  run = '';
  #image: ImageFile | undefined;
  #count = 0;

  constructor(kind: ContractKind) {
    this.kind = kind;
  }

  async open(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'lvc-'));
    this.run = `contract-${process.pid}-${randomBytes(3).toString('hex')}`;
    this.#image = await this.kind.image();
  }

  spec(changes: Partial<VmSpec> = {}, parent?: Disk): VmSpec {
    this.#count += 1;
    const id = `m${this.#count}`;
    if (this.#image === undefined) {
      throw new Error('the bench was not opened');
    }
    return {
      id,
      run: this.run,
      scratch: this.folder,
      image: this.#image,
      limits: { cpu: 1, memory: 256 * mib, processes: 128 },
      required: [],
      disk: { path: join(this.folder, `disk-${id}`), size: 64 * mib, ...(parent ? { parent } : {}) },
      network: { kind: 'none' },
      ports: [],
      tools: [],
      folders: ['/workspace', '/tmp', '/root'],
      binds: [],
      hostname: 'contract',
      bootDeadline: this.kind.bootDeadline ?? 20_000,
      ...changes,
    };
  }

  boot(changes: Partial<VmSpec> = {}, parent?: Disk): Promise<MicroVm> {
    return this.kind.backend.boot(this.spec(changes, parent), never);
  }

  /** A machine that goes with the test. */
  async machine(t: ExecutionContext, changes: Partial<VmSpec> = {}, parent?: Disk): Promise<MicroVm> {
    const machine = await this.boot(changes, parent);
    t.teardown(() => machine.destroy());
    return machine;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
