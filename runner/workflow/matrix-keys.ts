import { holdsExpression } from '../expression/split.ts';
import type { Tree } from '../model/workflow.ts';

/** The axes of a matrix and what its `include` adds, as the file names them; `undefined` where expressions give some. */
export function matrixKeys(matrix: Tree): readonly string[] | undefined {
  const entries = matrix.kind === 'map' ? matrix.entries : undefined;
  const include = entries?.find(({ key }) => key.text === 'include')?.value;
  const cells = include === undefined ? [] : include.kind === 'list' ? include.items : undefined;
  const maps = cells?.flatMap((cell) => (cell.kind === 'map' ? [cell.entries] : []));
  if (entries === undefined || maps === undefined || maps.length < (cells?.length ?? 0)) {
    return undefined;
  }
  const axes = entries.filter(({ key }) => key.text !== 'include' && key.text !== 'exclude');
  const keys = [...axes, ...maps.flat()].map(({ key }) => key.text);
  return keys.some(holdsExpression) ? undefined : [...new Set(keys)];
}
