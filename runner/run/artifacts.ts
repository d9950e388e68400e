import { fillTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import { GuestRefusal } from '../guest/copy.ts';
import { WrongInput } from '../host/fault.ts';
import type { MicroVm } from '../model/machine.ts';
import type { ArtifactSpec } from '../model/workflow.ts';
import { type End, StepFailure } from './ending.ts';
import { findFiles } from './guest-files.ts';
import type { JobScene } from './scene.ts';
import { workspace } from './services.ts';

export interface SaveArtifacts {
  readonly vm: MicroVm;
  readonly specs: readonly ArtifactSpec[];
  /** How what the artifacts belong to ended so far: `when` goes by it. */
  readonly outcome: End['outcome'];
  readonly scope: Scope;
  /** The step they belong to; absent for a job's own. */
  readonly step?: string;
  readonly signal: AbortSignal;
}

/**
 * Saves what is due now and tells so; resolves to the names saved. Throws a `StepFailure` of reason `artifact` for what
 * is missing where that is an error, and for a name taken before, after the others were saved.
 */
export async function saveArtifacts(scene: JobScene, work: SaveArtifacts): Promise<string[]> {
  const saved: string[] = [];
  let failure: StepFailure | undefined;
  for (const spec of work.specs) {
    if (!isDue(spec, work.outcome)) {
      continue;
    }
    try {
      saved.push(...(await saveOne(scene, work, spec)));
    } catch (error) {
      failure ??= await failureOf(scene, work, error);
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
  return saved;
}

function isDue({ when }: ArtifactSpec, outcome: End['outcome']): boolean {
  return when === 'always' || when === (outcome === 'success' ? 'success' : 'failure');
}

async function saveOne(scene: JobScene, { vm, scope, step, signal }: SaveArtifacts, spec: ArtifactSpec) {
  const name = fillTemplate(spec.name, scope);
  const patterns = spec.path.map((path) => fillTemplate(path, scope));
  const only = await findFiles(vm, patterns, signal);
  const where = { job: scene.job.id, ...(step === undefined ? {} : { step }) };
  if (only.length === 0) {
    const text = `artifact "${name}": nothing matches ${patterns.join(', ')}`;
    if (spec.ifMissing === 'error') {
      throw new StepFailure('artifact', text);
    }
    if (spec.ifMissing === 'warn') {
      await scene.report.notice(where, text, 'warning');
    }
    return [];
  }
  const tar = await vm.copyOut(workspace, signal, { only });
  const saved = await scene.run.artifacts.save(name, tar);
  await scene.report.write({ type: 'artifact', ...where, name, files: saved.files, bytes: saved.bytes });
  return [name];
}

async function failureOf(scene: JobScene, { step }: SaveArtifacts, error: unknown): Promise<StepFailure> {
  if (error instanceof WrongInput) {
    await scene.report.problems({ job: scene.job.id, ...(step === undefined ? {} : { step }) }, error.problems);
    return new StepFailure('artifact', error.message);
  }
  if (error instanceof GuestRefusal) {
    return new StepFailure('artifact', error.message);
  }
  if (error instanceof StepFailure) {
    return error;
  }
  throw error;
}
