import type { Problem } from '../../model/problem.ts';
import type { ArtifactSpec, Job } from '../../model/workflow.ts';

/** Artifacts of one job that are sure to be saved under the same name, which a run allows once. */
export function repeatedArtifacts(job: Job): Problem[] {
  const certain = (spec: ArtifactSpec) => spec.when !== 'failure';
  const steps = job.steps.filter((step) => step.condition === undefined).flatMap((step) => step.artifacts);
  const first = new Map<string, ArtifactSpec>();
  return [...steps, ...job.artifacts].filter(certain).flatMap((spec) => {
    const earlier = first.get(spec.name.text);
    if (earlier === undefined) {
      first.set(spec.name.text, spec);
      return [];
    }
    const message = `the artifact '${spec.name.text}' is made twice in job '${job.id}', first at line ${earlier.name.place.line}`;
    return [{ message, place: spec.name.place }];
  });
}
