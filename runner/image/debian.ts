import type { DebianBase } from './definition.ts';
import type { BuildWork } from './work.ts';
export async function makeDebian(_base: DebianBase, _staged: string, _work: BuildWork): Promise<string> {
  throw new Error('not there yet');
}
