import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean } from '../expression/nearest.ts';
import { HostFault, WrongInput } from '../host/fault.ts';
import { isSystemError } from '../host/in-place.ts';
import type { Problem } from '../model/problem.ts';
import { inFileOrder } from '../workflow/problem-order.ts';
import { shown } from '../workflow/shown.ts';
import { definitionSchema, type ImageDefinition } from './definition.ts';

/** The file that makes a folder an image. */
export const definitionFile = 'lightv.yaml';
const sizeLimit = 1024 * 1024;

/** A definition, the text it was read from and the absolute folder its `from` paths are relative to. */
export interface ReadDefinition {
  readonly definition: ImageDefinition;
  readonly folder: string;
  readonly text: string;
}

/** Reads `lightv.yaml` of a folder. Throws a `WrongInput` with every problem and its place, or a `HostFault`. */
export async function readDefinition(folder: string): Promise<ReadDefinition> {
  const file = join(folder, definitionFile);
  const text = await readText(file);
  return { definition: parseDefinition(file, text), folder, text };
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > sizeLimit) {
      throw new WrongInput([{ message: `${file} has ${size} bytes; at most ${sizeLimit} are read` }]);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      throw new WrongInput([{ message: `there is no image definition ${file}` }]);
    }
    throw isSystemError(error) ? new HostFault(`read ${file}`, error) : error;
  }
}

function parseDefinition(file: string, text: string): ImageDefinition {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, end = offset) => {
    const { line, col } = lines.linePos(offset);
    const last = lines.linePos(end);
    return { file, line, column: col, length: last.line === line ? Math.max(1, last.col - col) : 1 };
  };
  const [broken] = document.errors;
  if (broken !== undefined) {
    const message = `not valid YAML: ${broken.message.replace(/\.?\s*$/, '')}`;
    throw new WrongInput([{ message, place: at(broken.pos[0]) }]);
  }
  const result = definitionSchema.safeParse(plainValue(file, document));
  if (result.success) {
    return result.data;
  }
  const problems = result.error.issues.flatMap((issue) =>
    toldOf(document, issue).map(({ message, node }): Problem => {
      const range = node?.range;
      return { message, place: range ? at(range[0], range[1]) : at(0) };
    }),
  );
  throw new WrongInput(inFileOrder(problems));
}

function plainValue(file: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new WrongInput([{ message: `${file} cannot be read: ${(error as Error).message}` }]);
  }
}

type Told = { readonly message: string; readonly node: Node | undefined };

/** An unknown key is a problem at that key; everything else stands at the value, or at the nearest thing that is there. */
function toldOf(document: Document, issue: z.core.$ZodIssue): Told[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysAt(definitionSchema, issue.path);
    const where = path === '' ? '' : ` in '${path}'`;
    return issue.keys.map((key) => ({
      message: `unknown key '${key}'${where}; allowed: ${allowed.join(', ')}${didYouMean(key, allowed)}`,
      node: keyNode(document, issue.path, key),
    }));
  }
  const node = nodeAt(document, issue.path);
  const message =
    node === undefined && path !== ''
      ? `the key '${path}' is missing; ${expected(issue)}`
      : `${path === '' ? '' : `'${path}': `}found ${shown(node?.toJSON())}; ${expected(issue)}`;
  return [{ message, node: nearest(document, issue.path) }];
}

/** The grammar's own words, or what is of use in those of its library. */
function expected({ message }: z.core.$ZodIssue): string {
  return message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
}

/** Keys of the map that stands at a path of the grammar. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [first, ...rest] = path;
  switch (true) {
    case schema instanceof z.ZodOptional || schema instanceof z.ZodDefault:
      return keysAt(schema.unwrap(), path);
    case schema instanceof z.ZodUnion:
      return schema.options.flatMap((option) => keysAt(option, path));
    case schema instanceof z.ZodArray:
      return keysAt(schema.element, rest);
    case schema instanceof z.ZodObject: {
      const { shape } = schema;
      const inner = first === undefined ? undefined : shape[String(first)];
      return first === undefined ? Object.keys(shape) : inner === undefined ? [] : keysAt(inner, rest);
    }
    default:
      return [];
  }
}

function keyNode(document: Document, path: readonly PropertyKey[], key: string): Node | undefined {
  const map = nodeAt(document, path);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  return isNode(pair?.key) ? pair.key : nearest(document, path);
}

function nearest(document: Document, path: readonly PropertyKey[]): Node | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(document, path.slice(0, length));
    if (node !== undefined) {
      return node;
    }
  }
  return undefined;
}

function nodeAt(document: Document, path: readonly PropertyKey[]): Node | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node : undefined;
}
