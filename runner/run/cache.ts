import { fillTemplate } from '../expression/evaluate.ts';
import type { MicroVm } from '../model/machine.ts';
import type { CacheSpec, Template } from '../model/workflow.ts';
import { closingContexts, jobContexts } from './contexts.ts';
import { StepFailure } from './ending.ts';
import { findFiles } from './guest-files.ts';
import type { CacheHit, JobScene } from './scene.ts';
import { workspace } from './services.ts';
import { withFiles } from './with-files.ts';

/** Where `~` leads. */
const home = '/root';

/**
 * Unpacks the job's caches into a new disk. The first workspace of a job decides which entries; later ones get the same.
 * Paths are below the workspace or, with `~/`, below the home folder.
 */
export async function restoreCaches(scene: JobScene, vm: MicroVm, signal: AbortSignal): Promise<void> {
  for (const [at, spec] of scene.job.cache.entries()) {
    const before = scene.caches.get(at);
    const asked = before === undefined ? restoreFirst(scene, spec, vm, signal) : undefined;
    if (asked !== undefined) {
      scene.caches.set(at, asked);
      await forgetWhenItFails(scene, at, asked);
      continue;
    }
    const hit = await before;
    const entry = hit?.found === undefined ? undefined : await scene.run.services.caches.restore(hit.found, []);
    if (entry !== undefined) {
      await vm.copyIn(entry.tar, '/', signal);
    }
  }
}

/** Whether a cache has to be kept when the job ends in success: its key was looked for and not found. */
export async function cachesToSave({ caches }: JobScene): Promise<boolean> {
  const hits = await Promise.all(caches.values());
  return hits.some(({ key, found }) => key !== found);
}

/** Keeps the caches whose exact key was not there, under the keys the job began with. */
export async function saveCaches(scene: JobScene, vm: MicroVm, signal: AbortSignal): Promise<void> {
  for (const [at, spec] of scene.job.cache.entries()) {
    const hit = await scene.caches.get(at);
    if (hit === undefined || hit.key === hit.found) {
      continue;
    }
    const scope = { contexts: closingContexts(scene) };
    const fill = (path: Template) => fillTemplate(path, scope);
    const only = await cachedFiles(vm, spec.paths.map(fill), signal);
    const told = (text: string) => scene.report.notice({ job: scene.job.id }, text);
    if (only.length === 0) {
      await told(`cache ${hit.key}: its paths hold nothing`);
      continue;
    }
    const saved = await scene.run.services.caches.save(hit.key, await vm.copyOut('/', signal, { only }));
    await told(saved ? `cache kept as ${hit.key}` : `cache ${hit.key} was kept by another job meanwhile`);
  }
}

async function restoreFirst(scene: JobScene, spec: CacheSpec, vm: MicroVm, signal: AbortSignal): Promise<CacheHit> {
  const { key, restoreKeys } = await withFiles(
    { contexts: jobContexts(scene) },
    { vm, folder: workspace, signal },
    (scope) => ({
      key: fillTemplate(spec.key, scope),
      restoreKeys: spec.restoreKeys.map((restoreKey) => fillTemplate(restoreKey, scope)),
    }),
  );
  const entry = await scene.run.services.caches.restore(key, restoreKeys);
  if (entry !== undefined) {
    await vm.copyIn(entry.tar, '/', signal);
  }
  const text = entry === undefined ? `no cache for ${key}` : `cache restored from ${entry.key}`;
  await scene.report.notice({ job: scene.job.id }, text);
  return { key, found: entry?.key };
}

async function forgetWhenItFails({ caches }: JobScene, at: number, asked: Promise<CacheHit>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    caches.delete(at);
    throw error;
  }
}

/** The files a cache's paths name, relative to `/`. */
async function cachedFiles(vm: MicroVm, paths: readonly string[], signal: AbortSignal): Promise<string[]> {
  const atHome = paths.filter((path) => /^!?~(\/|$)/.test(path)).map((path) => path.replace('~', home));
  const inWorkspace = paths.filter((path) => !/^!?~(\/|$)/.test(path));
  const strayed = inWorkspace.find((path) => /^!?\//.test(path) && !path.replace('!', '').startsWith(workspace));
  if (strayed !== undefined) {
    throw new StepFailure('artifact', `the cache path "${strayed}" is neither below ${workspace} nor below ~`);
  }
  const search = async (patterns: readonly string[], folder: string) => {
    const found = patterns.length === 0 ? [] : await findFiles(vm, patterns, signal, folder);
    return found.map((name) => `${folder.slice(1)}/${name}`);
  };
  return [...(await search(inWorkspace, workspace)), ...(await search(atHome, home))];
}
