import type { Scalar } from 'yaml';
import { holdsExpression } from '../expression/split.ts';
import type { Place } from '../model/problem.ts';
import type { Template } from '../model/workflow.ts';
import { type PipelineDocument, placeAt } from './document.ts';

type Stretch = NonNullable<Template['stretches']>[number];

/**
 * The place of a scalar's first character and, where its text does not follow the file line by line (quotes, escapes,
 * folding, indentation), where its parts stand. The scalar's source is walked beside its text.
 */
export function stretchesOf(
  node: Scalar,
  text: string,
  document: PipelineDocument,
): Pick<Template, 'place' | 'stretches'> {
  const [from, to] = node.range ?? [0, 0];
  const source = document.text.slice(from, to);
  const start = contentStart(source, node.type);
  const place = withLength(placeAt(document.file, document.lines, from, to - from), source);
  if (!holdsExpression(text) && !text.includes('\n')) {
    return { place };
  }
  const stretches: Stretch[] = [];
  let delta: number | undefined;
  for (const [offset, position] of walk(source, start, text, node.type)) {
    if (position - offset !== delta) {
      delta = position - offset;
      const { line, col } = document.lines.linePos(from + position);
      stretches.push({ offset, line, column: col });
    }
  }
  return { place, stretches };
}

function withLength(place: Place, source: string): Place {
  return { ...place, length: Math.max(1, source.split('\n')[0]?.length ?? 1) };
}

function contentStart(source: string, type: Scalar['type']): number {
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') {
    return source.indexOf('\n') + 1;
  }
  return type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? 1 : 0;
}

/** Pairs of an offset in the text and in the source, for every character that is not blank. */
function* walk(source: string, start: number, text: string, type: Scalar['type']): Generator<[number, number]> {
  let position = start;
  for (let offset = 0; offset < text.length; offset += 1) {
    if (/\s/.test(text[offset] ?? '')) {
      continue;
    }
    position = skipBlank(source, position, type);
    yield [offset, position];
    position += widthAt(source, position, type);
  }
}

function skipBlank(source: string, from: number, type: Scalar['type']): number {
  let position = from;
  for (;;) {
    const rest = source.slice(position, position + 2);
    if (/^\s/.test(rest)) {
      position += 1;
    } else if (type === 'QUOTE_DOUBLE' && /^\\[\n tnr]/.test(rest)) {
      position += 2;
    } else {
      return position;
    }
  }
}

/** How many characters of the source one character of the text takes. */
function widthAt(source: string, position: number, type: Scalar['type']): number {
  if (type === 'QUOTE_SINGLE' && source.startsWith("''", position)) {
    return 2;
  }
  if (type !== 'QUOTE_DOUBLE' || source[position] !== '\\') {
    return 1;
  }
  const long: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return long[source[position + 1] ?? ''] ?? 2;
}
