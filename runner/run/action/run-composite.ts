import { ExpressionError } from '../../expression/error.ts';
import { evaluateCondition, fillTemplate } from '../../expression/evaluate.ts';
import type { Scope } from '../../expression/scope.ts';
import type { CompositeRuns } from '../../model/action.ts';
import type { Json, Step } from '../../model/workflow.ts';
import { allows } from '../condition.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import { type Frame, passOn } from '../frame.ts';
import { type CommandRun, partOf, signalAfter, worse } from '../guest-command.ts';
import type { HashRequest } from '../hash-files.ts';
import { pieceEnv } from '../piece-env.ts';
import { noWords, type StepWords } from '../step-files.ts';
import { follow, Stop } from '../stop.ts';
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
      if (this.#lost || this.#use.at.stop.why !== undefined || !(await this.#step(step))) {
        break;
      }
    }
    const { why } = this.#use.at.stop;
    const ended = why === undefined ? this.#end : worse(this.#end, endOfError(undefined, why));
    const summary = this.#summaries.length === 0 ? {} : { summary: this.#summaries.join('') };
    return { end: ended, words: { ...noWords, outputs: await this.#outputs(outputs), ...summary }, lost: this.#lost };
  }

  /** Does one step, if it is to be done; whether those behind it are to be looked at. */
  async #step(step: Step): Promise<boolean> {
    const { at } = this.#use;
    try {
      if (!(await this.#holds(step))) {
        this.#note(step, { outcome: 'skipped' }, noWords);
        return true;
      }
    } catch (error) {
      this.#note(step, endOfError(error, at.stop.why), noWords);
      return false;
    }
    const { end, words } = await this.#run(step);
    const forgiven = end.outcome === 'failure' && this.#mayFail(step);
    this.#take(words);
    this.#note(step, end, words, forgiven ? 'success' : end.outcome);
    return true;
  }

  /** When the job is told to stop, a step whose condition does not hold any more ends, although the action goes on. */
  async #run(step: Step): Promise<{ readonly end: End; readonly words: StepWords }> {
    const { scene, at, runPiece } = this.#use;
    const stop = new Stop();
    const undo = [follow(stop, at.stop), follow(stop, scene.stop.asked, () => this.#survives(step))];
    try {
      const ran = await runPiece(scene, partOf(at, stop), this.#frame, step);
      this.#lost = ran.lost;
      return ran;
    } catch (error) {
      return { end: endOfError(error, stop.why), words: noWords };
    } finally {
      undo.forEach((each) => void each());
    }
  }

  #note(step: Step, end: End, { outputs }: StepWords, conclusion = end.outcome): void {
    if (step.named) {
      this.#steps[step.id] = { outputs, outcome: end.outcome, conclusion };
    }
    if (conclusion === 'failure' || conclusion === 'cancelled') {
      this.#end = worse(this.#end, end);
    }
  }

  #take(words: StepWords): void {
    const { summary } = words;
    passOn(words, this.#frame);
    if (summary !== undefined) {
      this.#summaries.push(summary.replace(/\n?$/, '\n'));
    }
  }

  async #holds(step: Step): Promise<boolean> {
    return await withFiles(this.#scope(), this.#files, (scope) => this.#evaluate(step, scope));
  }

  #survives(step: Step): boolean {
    try {
      return this.#evaluate(step, this.#scope());
    } catch (error) {
      if (error instanceof ExpressionError) {
        return false;
      }
      throw error;
    }
  }

  #evaluate(step: Step, scope: Scope): boolean {
    const env = pieceEnv(this.#use.scene, this.#use.at.step, this.#frame, step, scope);
    return evaluateCondition(step.condition, { ...scope, contexts: { ...scope.contexts, env } });
  }

  #scope(): Scope {
    return { contexts: this.#frame.contexts(), status: this.#frame.status() };
  }

  get #files(): HashRequest {
    const { at } = this.#use;
    return { vm: at.held.vm, folder: at.held.use.inside.workspace, signal: signalAfter(at.stop) };
  }

  #mayFail(step: Step): boolean {
    return allows(step.continueOnError, () => ({ contexts: this.#frame.contexts() }));
  }

  async #outputs(outputs: CompositeRuns['outputs']): Promise<Record<string, string>> {
    try {
      return await withFiles({ contexts: this.#frame.contexts() }, this.#files, (scope) =>
        Object.fromEntries([...outputs].map(([name, template]) => [name, fillTemplate(template, scope)])),
      );
    } catch (error) {
      this.#end = worse(this.#end, endOfError(error, undefined));
      return {};
    }
  }
}
