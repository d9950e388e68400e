import type { ActionReference } from '../../model/workflow.ts';

/** The forms `uses` of a step may have. */
export const usesAllowed = './folder, owner/repo@ref, owner/repo/folder@ref, docker://image';

/** What `uses` of a step names, or `undefined` for what has none of its forms. */
export function actionReference(uses: string): ActionReference | undefined {
  const text = uses.trim();
  if (text.startsWith('docker://')) {
    const image = text.slice('docker://'.length);
    return image === '' ? undefined : { kind: 'image', image };
  }
  if (text.startsWith('./') || text.startsWith('.\\')) {
    return { kind: 'local', path: text.replaceAll('\\', '/') };
  }
  const [, owner, repo, path = '', ref] = /^([^/@\s]+)\/([^/@\s]+)((?:\/[^/@\s]+)*)\/?@(\S+)$/.exec(text) ?? [];
  return owner === undefined || repo === undefined || ref === undefined
    ? undefined
    : { kind: 'repository', repository: `${owner}/${repo}`, path: path.slice(1), ref };
}
