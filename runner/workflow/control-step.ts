import type { ControlWork, Step, Template } from '../model/workflow.ts';

/** A step that waits for others or ends them; it does so whatever happened before. */
export function controlStep(
  work: ControlWork,
  name: Template,
  own: Pick<Step, 'id' | 'named' | 'forgeId' | 'needs' | 'continueOnError'>,
): Step {
  const { place } = work;
  return {
    ...own,
    name,
    work,
    env: new Map(),
    secrets: [],
    condition: { text: 'always()', place },
    retry: { attempts: 1, delay: 0 },
    artifacts: [],
    place,
  };
}
