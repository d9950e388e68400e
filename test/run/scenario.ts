import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WrongInput } from '../../runner/host/fault.ts';
import type { JobResult, RunEvent } from '../../runner/model/event.ts';
import type { ImageFile } from '../../runner/model/image.ts';
import type { ArtifactStore, CacheStore, Lease, RunSink, SavedArtifact } from '../../runner/model/lease.ts';
import type { VmBackend } from '../../runner/model/machine.ts';
import type { Plan } from '../../runner/model/plan.ts';
import { planWorkflow } from '../../runner/plan/plan-workflow.ts';
import { runLease } from '../../runner/run/run-lease.ts';
import type { RunServices } from '../../runner/run/services.ts';
import { readPipeline } from '../../runner/workflow/lightv/read.ts';
import { entriesOf, tarOfFiles } from '../ground/tar.ts';
import { runId, ScriptedBackend } from './scripted-machine.ts';

/** What a test may set; the rest has values that fit a test. */
export interface ScenarioOptions {
  readonly secrets?: Readonly<Record<string, string>>;
  /** The repository's files; absent: outside git. */
  readonly source?: Readonly<Record<string, string>>;
  readonly services?: Partial<RunServices>;
  /** Cancels the lease when an event makes this true. */
  readonly cancelAt?: (event: RunEvent) => boolean;
  readonly caches?: Map<string, Readonly<Record<string, string>>>;
  readonly sink?: RunSink;
  readonly failingBoots?: number;
  /** Instead of the machines in memory. */
  readonly machines?: VmBackend;
  /** Machines in memory of a run before, with the disks they left. */
  readonly backend?: ScriptedBackend;
}

export interface ScenarioRun {
  readonly results: readonly JobResult[];
  readonly events: readonly RunEvent[];
  readonly backend: ScriptedBackend;
  readonly artifacts: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** How often `finish` was called. */
  readonly finished: number;
  /** Names in the disks folder when the run was over. */
  readonly leftOnDisk: readonly string[];
  readonly error?: unknown;
}

function planOf(yaml: string, secrets: Iterable<string> = []): Plan {
  const { workflow, problems } = readPipeline(yaml, '/repo/pipeline.yaml');
  if (workflow === undefined) {
    throw new Error(problems.map((problem) => problem.message).join('\n'));
  }
  const result = planWorkflow(workflow, {
    contexts: {
      github: { sha: 'abc', token: 'not-for-guests' },
      runner: { os: 'Linux' },
      vars: {},
      inputs: {},
      env: {},
    },
    host: { cpu: 64, memory: 2 ** 40 },
    secrets: new Set(secrets),
  });
  if (result.plan === undefined) {
    throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  }
  return result.plan;
}

/** Runs a pipeline on machines in memory and resolves when everything is over, also when `runLease` rejects. */
export async function runScenario(yaml: string, options: ScenarioOptions = {}): Promise<ScenarioRun> {
  const backend = options.backend ?? new ScriptedBackend();
  backend.failingBoots = options.failingBoots ?? 0;
  const plan = planOf(yaml, Object.keys(options.secrets ?? {}));
  const folder = await mkdtemp(join(tmpdir(), 'lightv-run-'));
  const events: RunEvent[] = [];
  const cancel = new AbortController();
  const artifacts = new Map<string, Readonly<Record<string, string>>>();
  let finished = 0;
  const lease: Lease = {
    plan,
    cancelled: cancel.signal,
    sink: {
      async write(event) {
        await options.sink?.write(event);
        events.push(event);
        if (options.cancelAt?.(event) === true) {
          cancel.abort();
        }
      },
    },
    artifacts: artifactsIn(artifacts),
    async finish() {
      finished += 1;
    },
  };
  let results: readonly JobResult[] = [];
  let error: unknown;
  try {
    results = await runLease(lease, services(backend, folder, options));
  } catch (thrown) {
    error = thrown;
  }
  const leftOnDisk = await readdir(folder);
  await rm(folder, { recursive: true });
  return { results, events, backend, artifacts, finished, leftOnDisk, ...(error === undefined ? {} : { error }) };
}

function services(backend: ScriptedBackend, folder: string, options: ScenarioOptions): RunServices {
  const { source, caches = new Map(), machines = backend } = options;
  return {
    run: runId(),
    choose: async () => ({
      backend: machines,
      isolation: 'sandbox',
      reason: 'sandbox: this is a test',
      fallback: false,
    }),
    openImage: async (reference) => image(reference),
    openTool: async (name) => image(name),
    source: async ({ repository }) => {
      if (repository === 'nowhere') {
        throw new WrongInput([{ message: 'there is no repository nowhere' }]);
      }
      return source === undefined ? undefined : tarOfFiles(source);
    },
    actions: async (repository) => {
      throw new WrongInput([{ message: `there is no action ${repository}` }]);
    },
    realCheckout: false,
    caches: cachesIn(caches),
    secrets: new Map(Object.entries(options.secrets ?? {})),
    network: { env: { REGISTRY: 'http://registry' }, files: new Map([['ca.pem', 'certificate']]) },
    budget: { cpu: 8, memory: 2 ** 34 },
    scratch: folder,
    disks: folder,
    logLimit: 1024 * 1024,
    bootDeadline: 10_000,
    grace: 100,
    cancelDeadline: 20_000,
    keepFailed: false,
    now: () => new Date(),
    ...options.services,
  };
}

function image(reference: string): ImageFile {
  const config = { env: { PATH: '/usr/bin:/bin' }, shells: ['/bin/bash', '/bin/sh'] };
  return { name: reference, version: '1', digest: 'sha256:0', arch: 'x86_64', config, path: '/image', size: 1 };
}

function artifactsIn(kept: Map<string, Readonly<Record<string, string>>>): ArtifactStore {
  const there = new Map<string, SavedArtifact>();
  return {
    async save(name, tar) {
      if (kept.has(name)) {
        throw new WrongInput([{ message: `the run already has an artifact named "${name}"` }]);
      }
      const files = await filesOf(tar);
      kept.set(name, files);
      const bytes = Object.values(files).reduce((sum, text) => sum + text.length, 0);
      const saved = { name, files: Object.keys(files).length, bytes };
      there.set(name, saved);
      return saved;
    },
    open: (name) => tarOfFiles(kept.get(name) ?? {}),
    list: () => [...there.values()],
    async remove(name) {
      const was = there.get(name);
      there.delete(name);
      kept.delete(name);
      return was;
    },
  };
}

function cachesIn(kept: Map<string, Readonly<Record<string, string>>>): CacheStore {
  return {
    async restore(key, restoreKeys) {
      const exact = kept.has(key) ? key : undefined;
      const found = exact ?? restoreKeys.flatMap((prefix) => [...kept.keys()].filter((k) => k.startsWith(prefix)))[0];
      return found === undefined ? undefined : { key: found, tar: tarOfFiles(kept.get(found) ?? {}) };
    },
    async save(key, tar) {
      if (kept.has(key)) {
        return false;
      }
      kept.set(key, await filesOf(tar));
      return true;
    },
  };
}

async function filesOf(tar: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  return Object.fromEntries((await entriesOf(tar)).map(({ name, text }) => [name, text]));
}
