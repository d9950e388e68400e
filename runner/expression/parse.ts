import { type Expr, Lexer, Parser } from '@actions/expressions';
import { type Token, TokenType } from '@actions/expressions/lexer';

/** An expression that was read. */
export interface ParsedExpression {
  readonly tree: Expr;
  /** Every name that stands where a context may stand, as written. */
  readonly names: ReadonlySet<string>;
}

/** Why an expression cannot be read; `offset` counts from the start of its source. */
export interface ExpressionFailure {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  /** Names in it that stand where a context may stand, as far as its words could be told apart. */
  readonly contexts: readonly { readonly context: string; readonly offset: number }[];
}

/**
 * Reads the inside of one `${{ }}` with GitHub's own parser. Contexts and functions of any name pass: which of them
 * exist is asked of `findUses`, so that all unknown ones are told at once.
 */
export function parseExpression(source: string): ParsedExpression | ExpressionFailure {
  const found = known.get(source);
  if (found !== undefined) {
    return found;
  }
  const read = readExpression(source);
  if (known.size >= mostKnown) {
    known.clear();
  }
  known.set(source, read);
  return read;
}

/** The same few expressions are read again for every cell of a matrix. */
const known = new Map<string, ParsedExpression | ExpressionFailure>();
const mostKnown = 1000;

function readExpression(source: string): ParsedExpression | ExpressionFailure {
  if (source.trim() === '') {
    return { ...problem('an empty expression; write something between ${{ and }}', 0), contexts: [] };
  }
  let tokens: Token[] = [];
  try {
    tokens = lex(source);
    const names = new Set(tokens.filter((token) => token.type === TokenType.IDENTIFIER).map((token) => token.lexeme));
    const functions = [...names].map((name) => ({ name, minArgs: 0, maxArgs: 255 }));
    return { tree: new Parser(tokens, [...names], functions).parse(), names };
  } catch (error) {
    return { ...failure(error, source), contexts: contextsAmong(tokens) };
  }
}

/** Names that are no property of something and are not called. */
function contextsAmong(tokens: readonly Token[]): ExpressionFailure['contexts'] {
  return tokens.flatMap((token, index) =>
    token.type === TokenType.IDENTIFIER &&
    tokens[index - 1]?.type !== TokenType.DOT &&
    tokens[index + 1]?.type !== TokenType.LEFT_PAREN
      ? [{ context: token.lexeme.toLowerCase(), offset: token.range.start.column }]
      : [],
  );
}

type Failure = Omit<ExpressionFailure, 'contexts'>;

function problem(message: string, offset: number, length = 1): Failure {
  return { message, offset, length };
}

/**
 * The library's tokens with two repairs: only the first `''` of a string is undoubled there, and columns go wrong after
 * a line end inside a string. With line ends read as spaces a token's column is its offset.
 */
function lex(source: string): Token[] {
  const { tokens } = new Lexer(source.replaceAll('\n', ' ')).lex();
  return tokens.map((token) => {
    if (token.type === TokenType.EOF) {
      const end = { line: 0, column: source.length };
      return { ...token, range: { start: end, end } };
    }
    if (token.type !== TokenType.STRING) {
      return token;
    }
    const inner = source.slice(token.range.start.column + 1, token.range.end.column - 1);
    return { ...token, value: inner.replaceAll("''", "'") };
  });
}

function failure(error: unknown, source: string): Failure {
  if (!(error instanceof Error)) {
    throw error;
  }
  if (error.message === 'ErrorExceededMaxLength') {
    return problem(`an expression of ${source.length} characters; at most 21000 are allowed`, 0);
  }
  const { pos } = error as { pos?: { column: number } };
  if (pos !== undefined) {
    const message = error.message.replace(/^Unexpected symbol: 'EOF'$/, 'Unexpected end of expression');
    return problem(lowerFirst(message), pos.column, symbolLength(source, pos.column));
  }
  const told = /^(.*) Located at position (\d+) within expression/s.exec(error.message);
  if (told === null) {
    throw error;
  }
  const offset = Number(told[2]) - 1;
  const message = lowerFirst((told[1] ?? '').replace(/\.$/, ''));
  return problem(message + quoteHint(source, offset), offset, symbolLength(source, offset));
}

function quoteHint(source: string, offset: number): string {
  return source[offset] === '"' ? '; strings in expressions take single quotes' : '';
}

function symbolLength(source: string, offset: number): number {
  return Math.max(1, /^[^\s()[\],]+/.exec(source.slice(offset))?.[0].length ?? 1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
