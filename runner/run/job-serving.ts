import type { JobEndpoint, ServiceVariables, StepArtifact } from '../model/job-services.ts';
import type { MicroVm } from '../model/machine.ts';
import type { Json } from '../model/workflow.ts';
import { jobContexts } from './contexts.ts';
import { jobWorkflow } from './job-workflow.ts';
import type { JobScene } from './scene.ts';

type ServedScene = Pick<JobScene, 'run' | 'job' | 'needs' | 'report'>;

const nothing: ServiceVariables = { actions: {}, scripts: {}, secrets: [] };

/** The services that actions of one job talk to, where it has any: jobs of GitHub's workflows do. */
export class JobServing {
  #endpoint: JobEndpoint | undefined;
  readonly #variables = new Map<string, ServiceVariables>();

  /** `environment`: the name of what the job deploys to. */
  open(scene: ServedScene, environment: string | undefined): void {
    const { run, job } = scene;
    if (run.plan.dialect !== 'github') {
      return;
    }
    this.#endpoint = run.services.actionServices?.open({
      id: job.id,
      github: jobContexts(scene).github as { readonly [key: string]: Json },
      workflow: jobWorkflow(run),
      ...(job.permissions === undefined ? {} : { permissions: job.permissions }),
      ...(environment === undefined ? {} : { environment }),
      onArtifact: (artifact) => tellArtifact(scene, artifact),
    });
  }

  /** Has a machine of the job listen for the services, as long as it is there. Rejects with what the guest could not do. */
  async listen(vm: MicroVm): Promise<void> {
    const endpoint = this.#endpoint;
    if (endpoint !== undefined) {
      await vm.listen(endpoint.address, (connection) => endpoint.accept(connection), new AbortController().signal);
    }
  }

  /** What a step's actions, or its scripts, find the services by; no log shows the tokens among it. */
  variables(
    { report }: Pick<JobScene, 'report'>,
    step: string,
    of: 'actions' | 'scripts',
  ): Readonly<Record<string, string>> {
    const known = this.#variables.get(step) ?? this.#endpoint?.variablesFor(step) ?? nothing;
    this.#variables.set(step, known);
    const { [of]: variables, secrets } = known;
    for (const value of Object.values(variables)) {
      if (secrets.includes(value)) {
        report.masks.add(value);
      }
    }
    return variables;
  }

  async close(): Promise<void> {
    await this.#endpoint?.close();
  }
}

async function tellArtifact({ job, report }: ServedScene, artifact: StepArtifact): Promise<void> {
  await report.write({ type: 'artifact', job: job.id, ...artifact });
}
