import { contextsOf } from '../expression/check.ts';
import { fillTemplate } from '../expression/evaluate.ts';
import type { PlanContexts, PlannedJob } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { ArtifactSpec } from '../model/workflow.ts';
import { artifactNameFault } from '../workflow/names.ts';
import { attempt } from './resolve.ts';

const knowable = new Set(['github', 'vars', 'inputs', 'matrix', 'strategy']);

/**
 * Artifact names that two parts of one run are sure to save, and names no folder can have. Names that hang on what a run
 * finds out, and artifacts under a condition, are left to the run.
 */
export function artifactProblems(jobs: readonly PlannedJob[], contexts: PlanContexts): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, { job: string; spec: ArtifactSpec }>();
  for (const job of jobs) {
    const scope = { contexts: { ...contexts, matrix: job.matrix ?? null, strategy: strategyContext(job) } };
    for (const { spec, certain } of specsOf(job)) {
      if ([...contextsOf(spec.name)].some((context) => !knowable.has(context))) {
        continue;
      }
      const name = attempt({ scope, problems }, () => fillTemplate(spec.name, scope));
      const message = name === undefined ? undefined : nameProblem(name, owners.get(name), spec, certain);
      if (message !== undefined) {
        problems.push({ message, place: spec.name.place });
      } else if (name !== undefined && certain) {
        owners.set(name, { job: job.id, spec });
      }
    }
  }
  return problems;
}

function nameProblem(
  name: string,
  owner: { job: string; spec: ArtifactSpec } | undefined,
  spec: ArtifactSpec,
  certain: boolean,
): string | undefined {
  const fault = artifactNameFault(name);
  if (fault !== undefined) {
    return `the artifact name '${name}' ${fault}`;
  }
  if (owner === undefined || !certain) {
    return undefined;
  }
  return owner.spec === spec
    ? `the artifact '${name}' is made by every cell of the matrix; put a value of the matrix into its name`
    : `the artifact '${name}' is made twice, here and in job '${owner.job}' at line ${owner.spec.name.place.line}`;
}

function specsOf(job: PlannedJob): { spec: ArtifactSpec; certain: boolean }[] {
  const always = job.condition === undefined;
  const own = job.artifacts.map((spec) => ({ spec, certain: always && spec.when !== 'failure' }));
  const steps = job.steps.flatMap((step) =>
    step.artifacts.map((spec) => ({
      spec,
      certain: always && step.condition === undefined && spec.when !== 'failure',
    })),
  );
  return [...own, ...steps];
}

function strategyContext({ strategy }: PlannedJob) {
  return {
    'fail-fast': strategy.failFast,
    'job-index': strategy.index,
    'job-total': strategy.total,
    'max-parallel': strategy.maxParallel ?? strategy.total,
  };
}
