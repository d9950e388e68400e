import { posix } from 'node:path';
import type { ActionReference } from '../../model/workflow.ts';

/** The forms `uses` of a step may have. */
export const usesAllowed = './folder, $/folder, owner/repo@ref, owner/repo/folder@ref, docker://image';

/** What `uses` of a step names, or `undefined` for what has none of its forms. */
export function actionReference(uses: string): ActionReference | undefined {
  const text = uses.trim();
  if (text.startsWith('docker://')) {
    return { kind: 'image', image: text.slice('docker://'.length) };
  }
  if (text.startsWith('./') || text.startsWith('.\\')) {
    return { kind: 'local', path: text.replaceAll('\\', '/') };
  }
  if (text.startsWith('$/')) {
    const path = posix.normalize(text.slice('$/'.length));
    return path.startsWith('..') || path.startsWith('/') || text.includes('@')
      ? undefined
      : { kind: 'self', path: path === '.' ? '' : path.replace(/\/$/, '') };
  }
  const [name = '', ref = '', ...more] = text.split('@');
  const [owner = '', repo = '', ...path] = name.split(/[\\/]/).filter((part) => part !== '');
  const climbs = [owner, repo, ...path].some((part) => part === '.' || part === '..');
  return owner === '' || repo === '' || ref === '' || more.length > 0 || climbs
    ? undefined
    : { kind: 'repository', repository: `${owner}/${repo}`, path: path.join('/'), ref };
}
