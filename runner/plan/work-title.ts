import type { StepWork } from '../model/workflow.ts';

/** What a step without a name is called by: the first line of its script, or its action; `''` for a blank script. */
export function workTitle(work: StepWork): string {
  if (work.kind !== 'script') {
    return 'uses' in work ? work.uses.text.trim() : '';
  }
  const line = work.script.text.split('\n').find((each) => each.trim() !== '') ?? '';
  return line.trim().slice(0, 80);
}
