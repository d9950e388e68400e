import type { Json, StepWork } from '../model/workflow.ts';

/** A repository at a commit. */
export interface Commit {
  readonly repository: string;
  /** A full commit, or what else git takes for one. */
  readonly ref: string;
}

/** A step's work in which an action of the file's own repository is one of that repository at that commit. */
export function ofRepository<W extends StepWork>(work: W, { repository, ref }: Commit): W {
  if (work.kind !== 'action' || work.reference.kind !== 'self') {
    return work;
  }
  return { ...work, reference: { kind: 'repository', repository, ref, path: work.reference.path } };
}

/** The commit that a run is about; `github` is the context of that name. */
export function commitAtHand(github: Json | undefined): Commit {
  const { repository, sha } = (github ?? {}) as { readonly [key: string]: Json };
  return { repository: String(repository ?? ''), ref: String(sha ?? '') };
}
