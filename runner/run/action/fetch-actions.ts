import { causeText, WrongInput } from '../../host/fault.ts';
import type { ActionDefinition, FetchAction } from '../../model/action.ts';
import type { PlannedStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { ActionReference, ActionWork, Step, StepWork } from '../../model/workflow.ts';
import { StepFailure } from '../ending.ts';
import { workPlace } from '../work.ts';
import { fetchedDefinition } from './action-folder.ts';
import { type ActionTree, deepest } from './action-tree.ts';

export interface ActionFetching {
  readonly fetch: FetchAction;
  /** Whether LightV does itself what an action does: then it is not fetched. */
  readonly doneHere: (work: StepWork) => boolean;
}

type Fetched = ActionWork & { readonly reference: Extract<ActionReference, { kind: 'repository' }> };

/**
 * Brings the actions that steps name to this machine, all at once, and those that these use in turn; by the id of the
 * step. Rejects with a `WrongInput` for all that cannot be had, with the places in the workflow that lead there.
 */
export async function fetchActions(
  steps: readonly Pick<PlannedStep, 'id' | 'work'>[],
  fetching: ActionFetching,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ActionTree>> {
  const problems: Problem[] = [];
  const found = new Map<string, ActionTree>();
  const trees = new Fetching(fetching, signal);
  await Promise.all(
    steps.map(async ({ id, work }) => {
      if (!trees.takes(work)) {
        return;
      }
      try {
        found.set(id, await trees.tree(work, []));
      } catch (error) {
        problems.push(...sentencesOf(error).map((message) => ({ message, place: work.uses.place })));
      }
    }),
  );
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  return found;
}

class Fetching {
  readonly #fetching: ActionFetching;
  readonly #signal: AbortSignal;

  constructor(fetching: ActionFetching, signal: AbortSignal) {
    this.#fetching = fetching;
    this.#signal = signal;
  }

  takes(work: StepWork): work is Fetched {
    return work.kind === 'action' && work.reference.kind === 'repository' && !this.#fetching.doneHere(work);
  }

  /** `above`: the names of the actions around it. */
  async tree(work: Fetched, above: readonly string[]): Promise<ActionTree> {
    const { repository, ref, path } = work.reference;
    const name = work.uses.text.trim();
    const trail = [...above, name];
    if (above.includes(name)) {
      throw new StepFailure('not-started', `the action uses itself: ${trail.slice(above.indexOf(name)).join(' > ')}`);
    }
    if (above.length >= deepest) {
      throw new StepFailure('not-started', `actions use each other more than ${deepest} deep: ${trail.join(' > ')}`);
    }
    const definition = await fetchedDefinition(await this.#fetching.fetch(repository, ref, this.#signal), path, name);
    if (definition.runs.kind === 'other') {
      throw new StepFailure('not-started', `${name} ${definition.runs.why}`);
    }
    return { definition, uses: await this.#inside(definition, trail) };
  }

  async #inside({ runs }: ActionDefinition, trail: readonly string[]): Promise<ActionTree['uses']> {
    const steps: readonly Step[] = runs.kind === 'composite' ? runs.steps : [];
    const ends = await Promise.allSettled(
      steps.map(async ({ id, work }) => {
        try {
          return this.takes(work) ? ([[id, await this.tree(work, trail)]] as const) : [];
        } catch (error) {
          const { file, line, column } = workPlace(work);
          throw new Inside(sentencesOf(error).map((text) => ownPlace(text, `${file}:${line}:${column}`)));
        }
      }),
    );
    const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    if (lost.length > 0) {
      throw new Inside(lost.flatMap(sentencesOf));
    }
    return new Map(ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : [])));
  }
}

/** What is wrong with actions inside another one. */
class Inside extends Error {
  readonly sentences: readonly string[];

  constructor(sentences: readonly string[]) {
    super(sentences.join('; '));
    this.sentences = sentences;
  }
}

/** The innermost place alone says enough. */
function ownPlace(sentence: string, place: string): string {
  return /^\S+:\d+:\d+: /.test(sentence) ? sentence : `${place}: ${sentence}`;
}

/** What is wrong with an action; anything else is thrown on. */
function sentencesOf(error: unknown): readonly string[] {
  if (error instanceof Inside) {
    return error.sentences;
  }
  if (error instanceof WrongInput) {
    return error.problems.map(({ message, place }) =>
      place === undefined ? message : `${place.file}:${place.line}:${place.column}: ${message}`,
    );
  }
  if (error instanceof StepFailure) {
    return [causeText(error)];
  }
  throw error;
}
