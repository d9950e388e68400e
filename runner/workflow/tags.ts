import { isMap, isScalar, isSeq, type Node } from 'yaml';

/** What a tag of YAML's core schema makes of a plain scalar. */
const scalars: ReadonlyMap<string, { readonly what: string; readonly fits: (value: unknown) => boolean }> = new Map([
  ['str', { what: 'text', fits: (value) => typeof value === 'string' }],
  ['null', { what: 'null', fits: (value) => value === null }],
  ['bool', { what: 'boolean', fits: (value) => typeof value === 'boolean' }],
  ['int', { what: 'whole number', fits: (value) => Number.isInteger(value) }],
  ['float', { what: 'number', fits: (value) => typeof value === 'number' }],
]);
const allowed = [...scalars.keys(), 'seq', 'map'].map((name) => `!!${name}`).join(', ');
const core = 'tag:yaml.org,2002:';

/**
 * Reads a value as its tag says. What is wrong with the tag, in one sentence; `undefined` for none and for one that fits.
 */
export function applyTag(node: Node): string | undefined {
  const { tag } = node as { tag?: string };
  if (tag === undefined || tag === '!') {
    return undefined;
  }
  const name = tag.startsWith(core) ? tag.slice(core.length) : '';
  if ((name === 'seq' && isSeq(node)) || (name === 'map' && isMap(node))) {
    return undefined;
  }
  const scalar = scalars.get(name);
  if (scalar === undefined || !isScalar(node)) {
    return `the tag '${tag.replace(core, '!!')}' is not known here; allowed: ${allowed}`;
  }
  const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const { source = '' } = node;
  if (name === 'float' && /^[-+]?[0-9]+$/.test(source)) {
    // The library makes a number of what has a point or an exponent alone.
    node.value = Number(source);
  }
  if (quoted && name !== 'str') {
    return `a text in quotes cannot be a ${scalar.what}, which its tag !!${name} makes of it`;
  }
  return scalar.fits(node.value) || (name === 'null' && source === '')
    ? undefined
    : `'${source}' is no ${scalar.what}, which its tag !!${name} makes of it`;
}
