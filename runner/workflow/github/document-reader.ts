import type { ObjectReader } from '@actions/workflow-parser/templates/object-reader';
import {
  BooleanToken,
  type LiteralToken,
  MappingToken,
  NullToken,
  NumberToken,
  SequenceToken,
  StringToken,
} from '@actions/workflow-parser/templates/tokens/index';
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range';
import { isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import type { PipelineDocument } from '../document.ts';

type Event =
  | { readonly kind: 'literal'; readonly token: LiteralToken }
  | { readonly kind: 'list'; readonly token: SequenceToken }
  | { readonly kind: 'map'; readonly token: MappingToken }
  | { readonly kind: 'list-end' | 'map-end' };

/**
 * Gives a document to GitHub's parser, value by value. Texts come as YAML means them: the parser's own reader hands on
 * how block scalars are written, and their expressions are mangled by that.
 */
export class DocumentReader implements ObjectReader {
  readonly #document: PipelineDocument;
  readonly #fileId: number;
  readonly #without: ReadonlySet<Node>;
  readonly #scalars = new Map<unknown, Scalar>();
  readonly #maps = new Map<unknown, MappingToken>();
  readonly #keys = new Map<unknown, LiteralToken>();
  readonly #events: Generator<Event, undefined>;
  #current: Event | undefined;

  /** `without`: keys that the parser is not to see, nor what is behind them. */
  constructor(document: PipelineDocument, fileId: number, without: ReadonlySet<Node>) {
    this.#document = document;
    this.#without = without;
    this.#fileId = fileId;
    this.#events = this.#eventsOf(document.root);
    this.#next();
  }

  /** The scalar of the file that a token was made of; `undefined` for tokens of others. */
  scalarOf(token: unknown): Scalar | undefined {
    return this.#scalars.get(token);
  }

  /** The key that a scalar's token stands behind. */
  keyOf(value: unknown): LiteralToken | undefined {
    return this.#keys.get(value);
  }

  /** All scalars that the parser has read. */
  scalars(): Iterable<Scalar> {
    return this.#scalars.values();
  }

  /** The map that a token is a key of. */
  mapOf(key: unknown): MappingToken | undefined {
    return this.#maps.get(key);
  }

  allowLiteral(): LiteralToken | undefined {
    const event = this.#current;
    return event?.kind === 'literal' ? this.#taken(event.token) : undefined;
  }

  allowSequenceStart(): SequenceToken | undefined {
    const event = this.#current;
    return event?.kind === 'list' ? this.#taken(event.token) : undefined;
  }

  allowSequenceEnd(): boolean {
    return this.#current?.kind === 'list-end' && this.#taken(true);
  }

  allowMappingStart(): MappingToken | undefined {
    const event = this.#current;
    return event?.kind === 'map' ? this.#taken(event.token) : undefined;
  }

  allowMappingEnd(): boolean {
    return this.#current?.kind === 'map-end' && this.#taken(true);
  }

  validateStart(): void {}

  validateEnd(): void {
    if (this.#current !== undefined) {
      throw new Error('the parser left a part of the document unread');
    }
  }

  #next(): void {
    const { value, done } = this.#events.next();
    this.#current = done === true ? undefined : (value as Event);
  }

  #taken<T>(value: T): T {
    this.#next();
    return value;
  }

  *#eventsOf(node: Node): Generator<Event, undefined> {
    if (isSeq(node)) {
      yield { kind: 'list', token: new SequenceToken(this.#fileId, this.#rangeOf(node), undefined) };
      for (const item of node.items) {
        yield* this.#eventsOf(this.#target(item as Node));
      }
      yield { kind: 'list-end' };
    } else if (isMap(node)) {
      yield* this.#mapEvents(node);
    } else {
      yield { kind: 'literal', token: this.#literalToken(node as Scalar) };
    }
    return undefined;
  }

  *#mapEvents(node: YAMLMap): Generator<Event, undefined> {
    const map = new MappingToken(this.#fileId, this.#rangeOf(node), undefined);
    yield { kind: 'map', token: map };
    const pairs = node.items as { key: Node; value: Node | null }[];
    for (const { key, value } of pairs.filter((pair) => !this.#without.has(pair.key))) {
      const token = this.#keyToken(this.#target(key));
      this.#maps.set(token, map);
      yield { kind: 'literal', token };
      const behind = value === null ? undefined : this.#target(value);
      if (isCollection(behind)) {
        yield* this.#eventsOf(behind);
        continue;
      }
      const literal = behind === undefined ? this.#nothingBehind(key) : this.#literalToken(behind as Scalar);
      this.#keys.set(literal, token);
      yield { kind: 'literal', token: literal };
    }
    yield { kind: 'map-end' };
    return undefined;
  }

  #nothingBehind(key: Node): LiteralToken {
    return new NullToken(this.#fileId, this.#rangeOf(key), undefined);
  }

  #target(node: Node): Node {
    return isAlias(node) ? (this.#document.targets.get(node) ?? node) : node;
  }

  #keyToken(node: Node): LiteralToken {
    const value = isScalar(node) ? node.value : undefined;
    return this.#of(node, new StringToken(this.#fileId, this.#rangeOf(node), String(value ?? ''), undefined));
  }

  #literalToken(node: Scalar): LiteralToken {
    const { value } = node;
    const at = [this.#fileId, this.#rangeOf(node)] as const;
    if (value === null || value === undefined) {
      return this.#of(node, new NullToken(...at, undefined));
    }
    if (typeof value === 'number') {
      return this.#of(node, new NumberToken(...at, value, undefined));
    }
    return this.#of(
      node,
      typeof value === 'boolean'
        ? new BooleanToken(...at, value, undefined)
        : new StringToken(...at, String(value), undefined),
    );
  }

  #of(node: Node, token: LiteralToken): LiteralToken {
    if (isScalar(node)) {
      this.#scalars.set(token, node);
    }
    return token;
  }

  #rangeOf(node: Node): TokenRange | undefined {
    if (node.range == null) {
      return undefined;
    }
    const [start, end] = [node.range[0], node.range[1]].map((offset) => {
      const { line, col } = this.#document.lines.linePos(offset);
      return { line, column: col };
    });
    return start === undefined || end === undefined ? undefined : { start, end };
  }
}
