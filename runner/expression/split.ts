/** A stretch of a template. `offset` is where `text` or `source` begins in the template, in UTF-16 units. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'expression'; readonly source: string; readonly offset: number; readonly closed: boolean };

const opening = '${{';
const closing = '}}';

/**
 * Cuts a template at its `${{ }}` as GitHub does: a quote opens a string in which `}}` does not close, and a doubled
 * quote inside it stays inside. An expression that is never closed comes last, with `closed: false`.
 */
export function splitTemplate(text: string): Segment[] {
  const segments: Segment[] = [];
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf(opening, position);
    if (start !== position) {
      segments.push({ kind: 'text', text: text.slice(position, start === -1 ? undefined : start), offset: position });
    }
    if (start === -1) {
      break;
    }
    const inner = start + opening.length;
    const end = endOfExpression(text, inner);
    segments.push({
      kind: 'expression',
      source: text.slice(inner, end),
      offset: inner,
      closed: end !== undefined,
    });
    position = end === undefined ? text.length : end + closing.length;
  }
  return segments;
}

/** Whether a text holds `${{`, closed or not. */
export function holdsExpression(text: string): boolean {
  return text.includes(opening);
}

function endOfExpression(text: string, from: number): number | undefined {
  let quoted = false;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === "'") {
      quoted = !quoted;
    } else if (!quoted && text.startsWith(closing, index)) {
      return index;
    }
  }
  return undefined;
}
