import { data, Evaluator, type Expr } from '@actions/expressions';
import type { FunctionCall, Literal } from '@actions/expressions/ast';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { Decimal } from './value.ts';

/** Characters that the texts made by one expression's functions may have together, unless a scope names another bound. */
export const mostText = 5 * 1024 * 1024;

/**
 * The library's evaluator with what GitHub's runner does besides: numbers have its digits, `case` evaluates no more than
 * it needs, and the text an expression makes is bounded.
 */
export class BoundedEvaluator extends Evaluator {
  readonly #bound: number;
  #made = 0;

  constructor(tree: Expr, contexts: data.Dictionary, functions: Map<string, FunctionDefinition>, bound = mostText) {
    super(tree, contexts, functions);
    this.#bound = bound;
  }

  override visitLiteral({ literal }: Literal): data.ExpressionData {
    return literal.kind === data.Kind.Number ? new Decimal(literal.value) : literal;
  }

  override visitFunctionCall(call: FunctionCall): data.ExpressionData {
    const value =
      call.functionName.lexeme.toLowerCase() === 'case' ? this.#firstCase(call.args) : super.visitFunctionCall(call);
    if (value.kind === data.Kind.String) {
      this.#made += value.value.length;
      if (this.#made > this.#bound) {
        throw new Error(`its functions make more than ${this.#bound} characters of text`);
      }
    }
    return value;
  }

  /** Pairs of a condition and a value, and a value for when no condition holds. */
  #firstCase(args: readonly Expr[]): data.ExpressionData {
    const [condition, value, ...rest] = args;
    if (condition === undefined || value === undefined) {
      return condition === undefined ? new data.Null() : this.eval(condition);
    }
    const holds = this.eval(condition);
    if (holds.kind !== data.Kind.Boolean) {
      throw new Error('a condition of case() must be true or false');
    }
    return holds.value ? this.eval(value) : this.#firstCase(rest);
  }
}
