import { createHmac } from 'node:crypto';
import type { PlannedJob, PlannedStep } from '../../model/plan.ts';
import type { Json } from '../../model/workflow.ts';
import { jobContexts } from '../contexts.ts';
import type { JobScene, RunScene } from '../scene.ts';
import { digestsOf, mayRead } from './digest.ts';
import type { Earlier, EarlierArtifact, KeptJob, KeptRun, KeptStep } from './kept.ts';
import { reusableSteps } from './reuse.ts';

/** What of a job need not run again; its steps in the order in which they ended. */
export interface EarlierSteps {
  readonly run: string;
  readonly job: KeptJob;
  readonly steps: readonly KeptStep[];
  /** Why the job begins before the step that failed. */
  readonly notice?: { readonly step: string; readonly text: string };
}

/** A run that went before and did not succeed, as the source of what this one need not do again. */
export class EarlierRun {
  readonly #kept: KeptRun;
  readonly #artifacts: readonly EarlierArtifact[];
  readonly #jobs: ReadonlyMap<string, KeptJob>;

  constructor({ kept, artifacts }: Earlier) {
    this.#kept = kept;
    this.#artifacts = artifacts;
    this.#jobs = new Map(kept.jobs.map((job) => [job.id, job]));
  }

  get id(): string {
    return this.#kept.run;
  }

  /** The job when it ended well and is what it was, which is for its caller to ask only while its needs are, too. */
  done(run: RunScene, job: PlannedJob, needs: { readonly [job: string]: Json }): KeptJob | undefined {
    const was = this.#jobs.get(job.id);
    if (was === undefined || was.result.conclusion !== 'success') {
      return undefined;
    }
    const { job: digest } = digestsOf(job, run.plan.env, jobContexts({ run, job, needs }));
    const secret = job.steps.flatMap((step) => this.#changedSecret(run, job, step) ?? [])[0];
    return digest === was.digest && secret === undefined ? was : undefined;
  }

  /**
   * The steps of a job that need not run again; `undefined` for a job that was not run. Rejects as opening an image does.
   */
  async steps(scene: JobScene): Promise<EarlierSteps | undefined> {
    const { run, job, needs, graph } = scene;
    const was = this.#jobs.get(job.id);
    if (was === undefined) {
      return undefined;
    }
    const changed = await changedImages(scene, was);
    const digests = digestsOf(job, run.plan.env, jobContexts({ run, job, needs }));
    const { steps, reasons } = reusableSteps(job.steps, graph, was.steps, (step, kept) => {
      const secret = this.#changedSecret(run, job, step);
      if (kept.digest !== digests.steps.get(step.id)) {
        return 'it has changed';
      }
      if (kept.disk !== undefined && changed.has(kept.disk.image.reference)) {
        return `the image ${kept.disk.image.reference} has changed`;
      }
      return secret === undefined ? undefined : `the secret ${secret} has changed`;
    });
    const first = job.steps.find(({ id }) => reasons.has(id));
    const text = `run ${this.id} is gone on from before step "${first?.id}": ${reasons.get(first?.id ?? '')}`;
    return {
      run: this.id,
      job: was,
      steps: was.steps.filter(({ id }) => steps.has(id)),
      ...(first === undefined ? {} : { notice: { step: first.id, text } }),
    };
  }

  /** The artifacts of a job, of those of its steps alone when `steps` are given. */
  artifacts(job: string, steps?: ReadonlySet<string>): readonly EarlierArtifact[] {
    const fits = ({ step }: EarlierArtifact) => steps === undefined || (step !== undefined && steps.has(step));
    return this.#artifacts.filter((artifact) => artifact.job === job && fits(artifact));
  }

  #changedSecret({ services, plan, called }: RunScene, job: PlannedJob, step: PlannedStep): string | undefined {
    const { secrets: was, salt } = this.#kept;
    const names = new Set([...was.keys(), ...services.secrets.keys()]);
    const now = secretDigests(services.secrets, salt);
    const changed = [...names].filter((name) => was.get(name) !== now.get(name));
    // A caller may hand a secret over under another name.
    return called === undefined ? changed.find((name) => mayRead(step, job, plan.env, name)) : changed[0];
  }
}

/** By name; tells whether a value is the same, and nothing else. */
export function secretDigests(secrets: ReadonlyMap<string, string>, salt: string): ReadonlyMap<string, string> {
  return new Map([...secrets].map(([name, value]) => [name, createHmac('sha256', salt).update(value).digest('hex')]));
}

/** References to images, of those that steps ran on, that lead to other images now. */
async function changedImages({ run, container }: JobScene, { steps }: KeptJob): Promise<ReadonlySet<string>> {
  const images = new Map(steps.flatMap(({ disk }) => (disk === undefined ? [] : [[disk.image.reference, disk.image]])));
  const credentials = (reference: string) =>
    container?.credentials !== undefined && reference === container.planned.image
      ? { credentials: container.credentials }
      : {};
  const now = await Promise.all(
    [...images.values()].map(async ({ reference, digest }) => {
      const opened = await run.machines.image({ reference, ...credentials(reference) });
      return opened.digest === digest ? [] : [reference];
    }),
  );
  return new Set(now.flat());
}
