import { causeText, WrongInput } from '../../host/fault.ts';
import type { ActionDefinition, FetchAction } from '../../model/action.ts';
import type { PlannedStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { ActionReference, ActionWork, Step } from '../../model/workflow.ts';
import { isBuiltIn } from '../../plan/actions.ts';
import { StepFailure } from '../ending.ts';
import { fetchedDefinition } from './action-folder.ts';
import { type ActionTree, deepest } from './action-tree.ts';

type Fetched = ActionWork & { readonly reference: Extract<ActionReference, { kind: 'repository' }> };

/**
 * Brings the actions that steps name to this machine, all at once, and those that these use in turn; by the id of the
 * step. Rejects with a `WrongInput` for all that cannot be had, with the places in the workflow that lead there.
 */
export async function fetchActions(
  steps: readonly Pick<PlannedStep, 'id' | 'work'>[],
  fetch: FetchAction,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ActionTree>> {
  const problems: Problem[] = [];
  const found = new Map<string, ActionTree>();
  await Promise.all(
    steps.filter(usesFetched).map(async ({ id, work }) => {
      try {
        found.set(id, await new Fetching(fetch, signal).tree(work, []));
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
  readonly #fetch: FetchAction;
  readonly #signal: AbortSignal;

  constructor(fetch: FetchAction, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#signal = signal;
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
    const definition = await fetchedDefinition(await this.#fetch(repository, ref, this.#signal), path, name);
    return { definition, uses: await this.#inside(definition, trail) };
  }

  async #inside({ runs }: ActionDefinition, trail: readonly string[]): Promise<ActionTree['uses']> {
    const steps: readonly Step[] = runs.kind === 'composite' ? runs.steps : [];
    const ends = await Promise.allSettled(
      steps.filter(usesFetched).map(async ({ id, work }) => {
        try {
          return [id, await this.tree(work, trail)] as const;
        } catch (error) {
          const { file, line, column } = work.uses.place;
          throw new Inside(sentencesOf(error).map((text) => ownPlace(text, `${file}:${line}:${column}`)));
        }
      }),
    );
    const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    if (lost.length > 0) {
      throw new Inside(lost.flatMap(sentencesOf));
    }
    return new Map(ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])));
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

function usesFetched<T extends Pick<PlannedStep, 'work'>>(step: T): step is T & { readonly work: Fetched } {
  return step.work.kind === 'action' && step.work.reference.kind === 'repository' && !isBuiltIn(step.work);
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
