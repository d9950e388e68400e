import type { WorkflowReference } from '../../model/workflow.ts';

/** The forms `uses` of a job may have. */
const allowed = './.github/workflows/file.yml, $/.github/workflows/file.yml, owner/repo/.github/workflows/file.yml@ref';

const folder = '.github/workflows/';

/** What `uses` of a job names, or what is wrong with it, in words. */
export function workflowReference(uses: string): WorkflowReference | string {
  const fault = (why: string) => `'uses' of a job: found '${uses}', ${why}; allowed: ${allowed}`;
  const text = uses.trim();
  const cut = text.lastIndexOf('@');
  // For a file both say the same: the caller's repository, at the caller's commit.
  if (text.startsWith('./') || text.startsWith('$/')) {
    if (cut !== -1) {
      return fault("which names a ref, but a workflow of the same repository is always taken from the caller's commit");
    }
    const path = text.slice('./'.length);
    const wrong = pathFault(path);
    return wrong === undefined ? { kind: 'local', path } : fault(wrong);
  }
  const [, owner, repo, path = ''] =
    /^([^/@\s]+)\/([^/@\s]+)\/(.+)$/.exec(cut === -1 ? text : text.slice(0, cut)) ?? [];
  if (owner === undefined || repo === undefined) {
    return fault('which is no workflow');
  }
  const wrong = pathFault(path);
  if (wrong !== undefined) {
    return fault(wrong);
  }
  const ref = cut === -1 ? '' : text.slice(cut + 1);
  return ref === '' || /\s/.test(ref)
    ? fault('which names no branch, tag or commit')
    : { kind: 'repository', repository: `${owner}/${repo}`, path, ref };
}

/** Workflows are files of one folder, none below it. */
function pathFault(path: string): string | undefined {
  const name = path.startsWith(folder) ? path.slice(folder.length) : undefined;
  if (name === undefined || name === '') {
    return `which is no file of ${folder.slice(0, -1)}`;
  }
  if (name.includes('/')) {
    return `which is below ${folder.slice(0, -1)}, not in it`;
  }
  return /\.ya?ml$/.test(name) ? undefined : 'which ends neither in .yml nor in .yaml';
}
