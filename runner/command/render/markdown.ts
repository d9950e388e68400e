import { marked, type Token, type Tokens } from 'marked';
import { widthOf } from './clip.ts';

/** Characters of a text that are looked at: what reading costs may grow with their square. */
const longest = 32 * 1024;
/** Lines that are shown of it. */
const mostLines = 200;

/**
 * Markdown as lines for a screen that shows plain text: tables in columns, links with where they lead, no marks of
 * emphasis, without what HTML there is. Long texts are cut, which the last line says; a text that nests too deep to be read is
 * shown as it is.
 */
export function markdownLines(text: string): readonly string[] {
  const cut = text.slice(0, longest);
  const lines = trimmed(readable(cut));
  const more = lines.length > mostLines || cut.length < text.length;
  return more ? [...lines.slice(0, mostLines), '… (there is more of it)'] : lines;
}

function readable(text: string): string[] {
  try {
    return blocks(marked.lexer(text));
  } catch (error) {
    if (error instanceof RangeError) {
      return text.split('\n');
    }
    throw error;
  }
}

function blocks(tokens: readonly Token[]): string[] {
  return tokens.flatMap(block);
}

function block(token: Token): string[] {
  switch (token.type) {
    case 'space':
      return [''];
    case 'heading':
      return [`${'#'.repeat((token as Tokens.Heading).depth)} ${inlines((token as Tokens.Heading).tokens)}`];
    case 'code':
      return (token as Tokens.Code).text.split('\n').map((line) => `    ${line}`);
    case 'blockquote':
      return blocks((token as Tokens.Blockquote).tokens).map((line) => `> ${line}`.trimEnd());
    case 'hr':
      return ['─'.repeat(40)];
    case 'list':
      return list(token as Tokens.List);
    case 'table':
      return table(token as Tokens.Table);
    case 'html':
      return withoutTags((token as Tokens.HTML).text).split('\n');
    case 'def':
      return [];
    default:
      return inline(token).split('\n');
  }
}

function list({ ordered, start, items }: Tokens.List): string[] {
  return items.flatMap((item, index) => {
    const mark = ordered ? `${Number(start === '' ? 1 : start) + index}.` : '•';
    const done = item.task ? `[${item.checked === true ? 'x' : ' '}] ` : '';
    const [first = '', ...rest] = trimmed(blocks(item.tokens));
    const indent = ' '.repeat(mark.length + 1);
    return [`${mark} ${done}${first}`, ...rest.map((line) => `${indent}${line}`.trimEnd())];
  });
}

function table({ header, rows }: Tokens.Table): string[] {
  const cells = [header, ...rows].map((row) => row.map(({ tokens }) => inlines(tokens).replaceAll('\n', ' ')));
  const widths = header.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ''))));
  const lines = cells.map((row) =>
    widths
      .map((width, at) => `${row[at] ?? ''}${' '.repeat(width - widthOf(row[at] ?? ''))}`)
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return [head, widths.map((width) => '─'.repeat(width)).join('  '), ...body];
}

function inlines(tokens: readonly Token[]): string {
  return tokens.map(inline).join('');
}

function inline(token: Token): string {
  switch (token.type) {
    case 'br':
      return '\n';
    case 'codespan':
      return `\`${(token as Tokens.Codespan).text}\``;
    case 'image':
      return `[${(token as Tokens.Image).text}]`;
    case 'link': {
      const { href, tokens } = token as Tokens.Link;
      const text = inlines(tokens);
      return text === href || `mailto:${text}` === href ? text : `${text} (${href})`;
    }
    case 'html':
      return withoutTags((token as Tokens.Tag).text);
    case 'checkbox':
      return '';
    case 'escape':
      return (token as Tokens.Escape).text;
    default:
      return 'tokens' in token && token.tokens !== undefined ? inlines(token.tokens) : textOf(token);
  }
}

function textOf(token: Token): string {
  return 'text' in token && typeof token.text === 'string' ? unescaped(token.text) : token.raw;
}

/** Line breaks stay; other tags say nothing without their looks. */
function withoutTags(html: string): string {
  return unescaped(html.replaceAll(/<br\s*\/?>/gi, '\n').replaceAll(/<[^>]*>/g, ''));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

function unescaped(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => entities[name] ?? whole);
}

/** Without blank lines at its ends, and with one at most between others. */
function trimmed(lines: readonly string[]): string[] {
  const single = lines.filter((line, at) => line.trim() !== '' || (at > 0 && lines[at - 1]?.trim() !== ''));
  const first = single.findIndex((line) => line.trim() !== '');
  const last = single.findLastIndex((line) => line.trim() !== '');
  return first === -1 ? [] : single.slice(first, last + 1);
}
