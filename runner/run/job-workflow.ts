import type { Json } from '../model/workflow.ts';
import type { RunScene } from './scene.ts';

/**
 * What the `job` context says of the workflow that a job's file is, where `github` speaks of the one that was triggered.
 * Refs of called workflows are as their callers write them.
 */
export function jobWorkflow({ plan, called }: Pick<RunScene, 'plan' | 'called'>): { readonly [key: string]: Json } {
  if (plan.dialect !== 'github') {
    return {};
  }
  const { github } = plan.contexts;
  const triggered = typeof github === 'object' && github !== null && !Array.isArray(github) ? github : {};
  const { repository, workflow_ref, workflow_sha, ref } = triggered as { readonly [key: string]: Json };
  if (called === undefined) {
    const [path] = String(workflow_ref ?? '').split('@');
    return described(repository ?? '', (path ?? '').slice(`${repository ?? ''}/`.length), ref ?? '', workflow_sha);
  }
  const { path, origin } = called.workflow;
  return origin === undefined
    ? described(repository ?? '', path, ref ?? '', workflow_sha)
    : described(origin.repository, path, origin.ref, origin.sha);
}

function described(repository: Json, path: string, ref: Json, sha: Json | undefined): { readonly [key: string]: Json } {
  return {
    workflow_ref: `${repository}/${path}@${ref}`,
    workflow_sha: sha ?? '',
    workflow_repository: repository,
    workflow_file_path: path,
  };
}
