import type { data, Expr } from '@actions/expressions';
import {
  Binary,
  ContextAccess,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Star,
  Unary,
} from '@actions/expressions/ast';
import type { Token } from '@actions/expressions/lexer';

/** A context read by an expression: `needs.build.outputs.x` is `needs` and its path. Offsets are the source's. */
export interface ContextUse {
  /** In lower case. */
  readonly context: string;
  /** What follows the context's name; `undefined` where it is computed or `*`, and nothing follows that. */
  readonly path: readonly (string | undefined)[];
  readonly offset: number;
  readonly length: number;
}

export interface FunctionUse {
  /** As written. */
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly arguments: number;
}

export interface Uses {
  readonly contexts: readonly ContextUse[];
  readonly functions: readonly FunctionUse[];
}

/** Every context and function an expression names, in the order of their places. */
export function findUses(tree: Expr): Uses {
  const contexts: ContextUse[] = [];
  const functions: FunctionUse[] = [];
  const rest: Expr[] = [tree];
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    if (node instanceof ContextAccess || node instanceof IndexAccess) {
      rest.push(...collectChain(node, contexts));
    } else if (node instanceof FunctionCall) {
      functions.push({ name: node.functionName.lexeme, ...span(node.functionName), arguments: node.args.length });
      rest.push(...node.args);
    } else {
      rest.push(...children(node));
    }
  }
  const byOffset = (a: { offset: number }, b: { offset: number }) => a.offset - b.offset;
  return { contexts: contexts.sort(byOffset), functions: functions.sort(byOffset) };
}

function children(node: Expr): readonly Expr[] {
  if (node instanceof Grouping) {
    return [node.group];
  }
  if (node instanceof Unary) {
    return [node.expr];
  }
  if (node instanceof Binary) {
    return [node.left, node.right];
  }
  return node instanceof Logical ? node.args : [];
}

/** Records a context with its path; returns what is left to look at: computed indexes, or what is not a context. */
function collectChain(node: ContextAccess | IndexAccess, contexts: ContextUse[]): Expr[] {
  const steps: Expr[] = [];
  let base: Expr = node;
  while (base instanceof IndexAccess) {
    steps.unshift(base.index);
    base = base.expr;
  }
  const rest = steps.filter((step) => !(step instanceof Star || step instanceof Literal));
  if (!(base instanceof ContextAccess)) {
    return [base, ...rest];
  }
  const path: (string | undefined)[] = [];
  let end = span(base.name);
  for (const step of steps) {
    const known = step instanceof Literal;
    path.push(known ? literalText(step.literal) : undefined);
    if (!known) {
      break;
    }
    end = span(step.token);
  }
  const { offset } = span(base.name);
  contexts.push({ context: base.name.lexeme.toLowerCase(), path, offset, length: end.offset + end.length - offset });
  return rest;
}

function literalText(literal: data.ExpressionData): string {
  return literal.coerceString();
}

function span(token: Token): { offset: number; length: number } {
  return { offset: token.range.start.column, length: token.range.end.column - token.range.start.column };
}
