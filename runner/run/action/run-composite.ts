import { ExpressionError } from '../../expression/error.ts';
import { evaluateCondition, fillTemplate } from '../../expression/evaluate.ts';
import type { CompositeRuns } from '../../model/action.ts';
import type { Conclusion } from '../../model/event.ts';
import type { Json, Step } from '../../model/workflow.ts';
import { allows } from '../condition.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import type { Frame } from '../frame.ts';
import { type CommandRun, worse } from '../guest-command.ts';
import { pieceEnv } from '../piece-env.ts';
import { noWords, type StepWords } from '../step-files.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

/** Contexts an action does not see: what it needs of them it is given as inputs. */
export const hiddenInActions = ['secrets', 'vars', 'needs'];

/** Runs the steps of a composite action one after the other, on the machine of the step that uses it. */
export async function runComposite(use: ActionUse, action: ReadyAction, runs: CompositeRuns): Promise<CommandRun> {
  return await new Composite(use, action).run(runs);
}

class Composite {
  readonly #use: ActionUse;
  readonly #frame: Frame;
  readonly #steps: { [id: string]: Json } = {};
  readonly #summaries: string[] = [];
  #end: End = succeeded;
  #lost = false;

  constructor(use: ActionUse, action: ReadyAction) {
    this.#use = use;
    const { frame, piece } = use;
    this.#frame = {
      contexts: () => this.#contexts(action),
      status: () => this.#status(),
      // What the using step says wins over what is exported meanwhile.
      env: { ...frame.env, ...only(action.env, piece.env.keys()) },
      variables: { ...frame.variables, GITHUB_ACTION_PATH: action.folder },
      progress: frame.progress,
      depth: frame.depth + 1,
    };
  }

  async run({ steps, outputs }: CompositeRuns): Promise<CommandRun> {
    for (const step of steps) {
      if (this.#lost || this.#use.at.stop.why !== undefined) {
        break;
      }
      await this.#step(step);
    }
    const { why } = this.#use.at.stop;
    const ended = why === undefined ? this.#end : worse(this.#end, endOfError(undefined, why));
    const summary = this.#summaries.length === 0 ? {} : { summary: this.#summaries.join('\n') };
    return { end: ended, words: { ...noWords, outputs: this.#outputs(outputs), ...summary }, lost: this.#lost };
  }

  async #step(step: Step): Promise<void> {
    const { scene, at, runPiece } = this.#use;
    let outcome: Conclusion = 'skipped';
    let words: StepWords = noWords;
    let end: End | undefined;
    try {
      if (this.#holds(step)) {
        const ran = await runPiece(scene, at, this.#frame, step);
        ({ end, words } = ran);
        this.#lost = ran.lost;
        outcome = end.outcome;
      }
    } catch (error) {
      end = endOfError(error, at.stop.why);
      outcome = end.outcome;
    }
    this.#take(words);
    const conclusion = outcome === 'failure' && this.#mayFail(step) ? 'success' : outcome;
    if (step.named) {
      this.#steps[step.id] = { outputs: words.outputs, outcome, conclusion };
    }
    if (conclusion === 'failure' && end !== undefined) {
      this.#end = worse(this.#end, end);
    }
  }

  #take({ env, paths, summary }: StepWords): void {
    const { progress } = this.#frame;
    progress.env.push(...env);
    progress.paths.push(...paths);
    if (summary !== undefined) {
      this.#summaries.push(summary);
    }
  }

  #holds(step: Step): boolean {
    const scope = { contexts: this.#frame.contexts(), status: this.#status() };
    const env = pieceEnv(this.#use.scene, this.#use.at.step, this.#frame, step, scope);
    return evaluateCondition(step.condition, { ...scope, contexts: { ...scope.contexts, env } });
  }

  #mayFail(step: Step): boolean {
    return allows(step.continueOnError, () => ({ contexts: this.#frame.contexts() }));
  }

  #outputs(outputs: CompositeRuns['outputs']): Record<string, string> {
    const scope = { contexts: this.#frame.contexts() };
    try {
      return Object.fromEntries([...outputs].map(([name, template]) => [name, fillTemplate(template, scope)]));
    } catch (error) {
      if (!(error instanceof ExpressionError)) {
        throw error;
      }
      this.#end = worse(this.#end, endOfError(error, undefined));
      return {};
    }
  }

  /** `success()` and `failure()` are about the action's own steps, `cancelled()` about the job. */
  #status() {
    const { cancelled } = this.#use.frame.status();
    const failure = this.#end.outcome === 'failure';
    return { success: !failure && !cancelled, failure: failure && !cancelled, cancelled };
  }

  #contexts({ inputs, folder, repository, ref }: ReadyAction): { [name: string]: Json } {
    const outer = this.#use.frame.contexts();
    const seen = Object.fromEntries(Object.entries(outer).filter(([name]) => !hiddenInActions.includes(name)));
    const github = {
      ...(outer.github as { readonly [key: string]: Json } | undefined),
      action_path: folder,
      action_repository: repository ?? null,
      action_ref: ref ?? null,
      action_status: this.#end.outcome,
    };
    return { ...seen, github, inputs: Object.fromEntries(inputs), steps: this.#steps };
  }
}

function only(values: Readonly<Record<string, string>>, names: Iterable<string>): Record<string, string> {
  return Object.fromEntries([...names].map((name) => [name, values[name] ?? '']));
}
