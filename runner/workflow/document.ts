import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import type { Place, Problem } from '../model/problem.ts';
import { repairYaml } from './repair.ts';
import { applyTag } from './tags.ts';

/** What a pipeline file may be at most. */
export interface DocumentLimits {
  readonly bytes: number;
  /** Values it holds once its aliases are unfolded. */
  readonly values: number;
  /** Lists and maps inside each other. */
  readonly depth: number;
}

const usualLimits: DocumentLimits = { bytes: 1024 * 1024, values: 100_000, depth: 50 };

/** How a file is read. */
export interface DocumentOptions {
  readonly limits?: DocumentLimits;
  /** Takes what GitHub's reader of YAML takes beyond the standard; see `repairYaml`. */
  readonly lenient?: boolean;
}

/** A file's one YAML document, its syntax right and its size bounded. */
export interface PipelineDocument {
  readonly file: string;
  /** What was parsed, which offsets count in: the file's text, but for blanks that `lenient` reading put in. */
  readonly text: string;
  /** Lines and columns of the file by offsets of `text`. */
  readonly lines: LineCounter;
  readonly root: Node;
  /** What an alias stands for, followed to its end. */
  readonly targets: ReadonlyMap<Node, Node>;
}

/** Reads YAML. `document` is absent where its problems leave nothing to look at: any but keys that stand twice. */
export function parseDocument(
  source: string,
  file: string,
  { limits = usualLimits, lenient = false }: DocumentOptions = {},
): { document?: PipelineDocument; problems: Problem[] } {
  const refusal = refuseText(source, file, limits.bytes);
  if (refusal !== undefined) {
    return { problems: [refusal] };
  }
  const { text, lines } = lenient ? repairYaml(source) : { text: source, lines: new LineCounter() };
  const parsed = parseYaml(text, lines);
  if (typeof parsed === 'string') {
    return { problems: [{ message: parsed, place: { file, line: 1, column: 1 } }] };
  }
  const at = (offset: number, length = 1) => placeAt(file, lines, offset, length);
  const error = parsed.flatMap((document) => document.errors).sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (error !== undefined) {
    const tooDeep = error.code === 'RESOURCE_EXHAUSTION';
    const message = tooDeep ? 'nested too deeply to be read' : `not valid YAML: ${lowerFirst(error.message)}`;
    return { problems: [{ message, place: at(error.pos[0]) }] };
  }
  const second = parsed[1];
  if (second !== undefined) {
    const message = 'a second YAML document starts here; a pipeline file holds one';
    return { problems: [{ message, place: at(second.range[0]) }] };
  }
  const root = parsed[0]?.contents;
  if (!isNode(root) || (isScalar(root) && root.value === null)) {
    return { problems: [{ message: 'the file is empty; a pipeline has at least the key jobs', place: at(0) }] };
  }
  return boundDocument({ file, text, lines, root }, at, limits);
}

/** A place in the file of a stretch of its text; it ends with its line. */
export function placeAt(file: string, lines: LineCounter, offset: number, length: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, length) };
}

function parseYaml(text: string, lines: LineCounter): Document.Parsed[] | string {
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      // Looked for below: the parser compares every key with every other.
      uniqueKeys: false,
      merge: false,
      logLevel: 'silent',
    });
    return 'empty' in parsed ? [] : parsed;
  } catch (error) {
    if (error instanceof RangeError) {
      return 'the file is nested too deeply to be read';
    }
    throw error;
  }
}

function refuseText(text: string, file: string, most: number): Problem | undefined {
  const start = { file, line: 1, column: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > most) {
    return { message: `the file has ${bytes} bytes; at most ${most} (${most / 2 ** 20} MiB) are read`, place: start };
  }
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/.exec(text);
  if (control === null) {
    return undefined;
  }
  const before = text.slice(0, control.index).split('\n');
  const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const code = control[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
  return { message: `the file is not UTF-8 text: it holds the character U+${code}`, place };
}

type Unbound = Omit<PipelineDocument, 'targets'>;

/** Follows aliases, counts what they unfold to, and finds keys that stand twice. */
function boundDocument(
  unbound: Unbound,
  at: (offset: number, length?: number) => Place,
  limits: DocumentLimits,
): { document?: PipelineDocument; problems: Problem[] } {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  const sizes = new Map<Node, number>();
  const problems: Problem[] = [];
  const refuse = (node: Node, message: string): number => {
    throw new Refusal({ message, place: at(node.range?.[0] ?? 0) });
  };
  const follow = (alias: Alias): Node => {
    const target = anchors.get(alias.source);
    if (target === undefined || !sizes.has(target)) {
      refuse(alias, `the alias *${alias.source} stands for nothing that is complete before it`);
    }
    return target as Node;
  };
  const measure = (node: Node, depth: number): number => {
    if (depth >= limits.depth && isCollection(node)) {
      return refuse(node, `nested deeper than ${limits.depth} levels`);
    }
    if (isAlias(node)) {
      const target = follow(node);
      targets.set(node, target);
      return sizes.get(target) ?? 1;
    }
    cutLastLine(node, unbound.text);
    const fault = applyTag(node);
    if (fault !== undefined) {
      problems.push({ message: fault, place: at(node.range?.[0] ?? 0) });
    }
    if (node.anchor !== undefined) {
      anchors.set(node.anchor, node);
    }
    const size = childrenOf(node, problems, at).reduce((sum, child) => sum + measure(child, depth + 1), 1);
    sizes.set(node, size);
    return size <= limits.values
      ? size
      : refuse(node, `the file holds more than ${limits.values} values, its aliases unfolded`);
  };
  try {
    measure(unbound.root, 0);
    return { document: { ...unbound, targets }, problems };
  } catch (error) {
    if (error instanceof Refusal) {
      return { problems: [...problems, error.problem] };
    }
    throw error;
  }
}

/** A block's last line has an end only where the file has it; the library gives it one. */
function cutLastLine(node: Node, text: string): void {
  const block = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  if (block && (node.range?.[1] ?? 0) >= text.length && !text.endsWith('\n') && typeof node.value === 'string') {
    node.value = node.value.replace(/\n$/, '');
  }
}

class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

function childrenOf(node: Node, problems: Problem[], at: (offset: number, length?: number) => Place): Node[] {
  if (!('items' in node)) {
    return [];
  }
  const items = node.items as readonly unknown[];
  if (!isMap(node)) {
    return items.filter(isNode);
  }
  const keys = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : undefined;
    const [from = 0, to = 1] = (isNode(key) ? key.range : undefined) ?? [];
    if (name === undefined) {
      problems.push({ message: 'a key must be a plain text', place: at(from, to - from) });
    } else if (keys.has(name)) {
      problems.push({ message: `the key '${name}' stands twice in the same map`, place: at(from, to - from) });
    }
    keys.add(name ?? '');
    return [key, value].filter(isNode);
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
