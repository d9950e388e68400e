import { ExpressionError } from '../../expression/error.ts';
import { evaluateCondition, fillTemplate } from '../../expression/evaluate.ts';
import type { CompositeRuns } from '../../model/action.ts';
import type { Conclusion } from '../../model/event.ts';
import type { Json, Step } from '../../model/workflow.ts';
import { allows } from '../condition.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import { type Frame, passOn } from '../frame.ts';
import { type CommandRun, worse } from '../guest-command.ts';
import { digestFiles } from '../guest-files.ts';
import { insideOf } from '../inside.ts';
import { pieceEnv } from '../piece-env.ts';
import { noWords, type StepWords } from '../step-files.ts';
import { withFiles } from '../with-files.ts';
import { frameInside } from './frame-inside.ts';
import type { ActionUse, ReadyAction } from './run-action.ts';

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
    this.#frame = frameInside(use, action, () => ({ steps: this.#steps, outcome: this.#end.outcome }));
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
      if (await this.#holds(step)) {
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

  #take(words: StepWords): void {
    const { summary } = words;
    passOn(words, this.#frame);
    if (summary !== undefined) {
      this.#summaries.push(summary);
    }
  }

  async #holds(step: Step): Promise<boolean> {
    const { scene, at } = this.#use;
    const { workspace } = insideOf(scene);
    const digest = (patterns: readonly string[]) => digestFiles(at.held.vm, patterns, at.stop.signal, workspace);
    const outer = { contexts: this.#frame.contexts(), status: this.#frame.status() };
    return await withFiles(outer, digest, (scope) => {
      const env = pieceEnv(scene, at.step, this.#frame, step, scope);
      return evaluateCondition(step.condition, { ...scope, contexts: { ...scope.contexts, env } });
    });
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
}
