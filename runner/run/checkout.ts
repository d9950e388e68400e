import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fillTemplate } from '../expression/evaluate.ts';
import { attempt } from '../host/attempt.ts';
import { WrongInput } from '../host/fault.ts';
import type { OpenSource, SourceRequest } from '../model/lease.ts';
import type { MicroVm } from '../model/machine.ts';
import { jobContexts } from './contexts.ts';
import type { JobScene } from './scene.ts';
import { workspace } from './services.ts';
import { packFiles } from './tar.ts';

/** The sources of a run, each read once: every step that starts from it sees the same files, whatever changes meanwhile. */
export class Sources {
  readonly #open: OpenSource;
  readonly #folder: string;
  readonly #files = new Map<string, Promise<string | undefined>>();

  /** `known`: files that are there already, by what was asked for. */
  constructor(open: OpenSource, folder: string, known: ReadonlyMap<string, string> = new Map()) {
    this.#open = open;
    this.#folder = folder;
    for (const [request, file] of known) {
      this.#files.set(request, Promise.resolve(file));
    }
  }

  /** The tar of a source; `undefined` outside a git repository. Rejects with a `WrongInput` or a `HostFault`. */
  async read(request: SourceRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { repository, ref, depth, tags, withRepository, submodules, sparse } = request;
    const key = JSON.stringify([repository, ref, depth, tags, withRepository, submodules, sparse]);
    const path = join(this.#folder, `source-${this.#files.size}.tar`);
    const file = this.#files.get(key) ?? this.#spool(request, path, signal);
    this.#files.set(key, file);
    try {
      const found = await file;
      return found === undefined ? undefined : createReadStream(found);
    } catch (error) {
      // One job's cancellation must not be what another job reads.
      this.#files.delete(key);
      signal.throwIfAborted();
      throw error;
    }
  }

  /** The files read so far, by what was asked for. */
  async files(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const [request, reading] of this.#files) {
      const file = await reading.catch(() => undefined);
      if (file !== undefined) {
        found.set(request, file);
      }
    }
    return found;
  }

  /** Removes its files but those in `others`. */
  async remove(others: ReadonlySet<string> = new Set()): Promise<void> {
    for (const file of (await this.files()).values()) {
      if (!others.has(file)) {
        await rm(file, { force: true });
      }
    }
  }

  async #spool(request: SourceRequest, path: string, signal: AbortSignal): Promise<string | undefined> {
    const tar = await this.#open(request, signal);
    if (tar === undefined) {
      return undefined;
    }
    await attempt(`keep the source in ${path}`, () => pipeline(tar, createWriteStream(path), { signal }), signal);
    return path;
  }
}

/** Fills the workspace of a new job disk with what `checkout` names. */
export async function checkOut(scene: JobScene, vm: MicroVm, signal: AbortSignal): Promise<void> {
  const { checkout } = scene.job;
  const tar = checkout === false ? undefined : await scene.run.sources.read(sourceRequest(scene), signal);
  // An empty one too: it makes the folder, which globs look into.
  await vm.copyIn(tar ?? packFiles([]), workspace, signal);
  if (tar !== undefined || checkout === false) {
    return;
  }
  if (checkout !== 'default') {
    throw new WrongInput([{ message: 'checkout: true, but the pipeline is not in a git repository' }]);
  }
  if (!scene.run.told.has('checkout')) {
    scene.run.told.add('checkout');
    const text = 'the pipeline is not in a git repository: the workspace starts empty';
    await scene.report.notice({}, text);
  }
}

function sourceRequest(scene: JobScene): SourceRequest {
  const { checkout } = scene.job;
  if (typeof checkout !== 'object') {
    return {};
  }
  const scope = { contexts: jobContexts(scene) };
  const { repository, ref, depth } = checkout;
  return {
    repository: fillTemplate(repository, scope),
    ...(ref === undefined ? {} : { ref: fillTemplate(ref, scope) }),
    ...(depth === undefined ? {} : { depth }),
  };
}
