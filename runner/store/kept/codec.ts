/** A value as JSON holds it: lists begin with a letter that says what they stand for. */
type Encoded = null | boolean | number | string | EncodedList | { readonly [key: string]: Encoded };
type EncodedList = readonly Encoded[];

/**
 * A value of plain data, maps and sets among it, as JSON. Secrets are not written: where a text holds the value of one,
 * its name is written instead. What is undefined is left out.
 */
export function encode(value: unknown, secrets: ReadonlyMap<string, string>): string {
  // The longest first: a secret may hold another.
  const known = [...secrets].filter(([, text]) => text !== '').sort(([, one], [, other]) => other.length - one.length);
  return JSON.stringify(encoded(value, known));
}

/** What `encode` was given. A secret that has no value now is blank. Throws an `Error` for what it never wrote. */
export function decode(text: string, secrets: ReadonlyMap<string, string>): unknown {
  return decoded(JSON.parse(text) as Encoded, secrets);
}

type Secrets = readonly (readonly [name: string, text: string])[];

function encoded(value: unknown, secrets: Secrets): Encoded {
  if (typeof value === 'string') {
    return encodedText(value, secrets);
  }
  if (Array.isArray(value)) {
    return ['a', ...value.map((each) => encoded(each, secrets))];
  }
  if (value instanceof Map) {
    return ['m', ...[...value].map(([key, of]) => [encoded(key, secrets), encoded(of, secrets)])];
  }
  if (value instanceof Set) {
    return ['s', ...[...value].map((each) => encoded(each, secrets))];
  }
  if (typeof value === 'object' && value !== null) {
    const there = Object.entries(value).filter(([, of]) => of !== undefined);
    return Object.fromEntries(there.map(([key, of]) => [key, encoded(of, secrets)]));
  }
  return value as null | boolean | number;
}

function encodedText(text: string, secrets: Secrets): Encoded {
  const [found, ...others] = secrets.filter(([, value]) => text.includes(value));
  if (found === undefined) {
    return text;
  }
  const [name, value] = found;
  const parts = text.split(value).map((part) => encodedText(part, others));
  return ['t', name, ...parts];
}

function decoded(value: Encoded, secrets: ReadonlyMap<string, string>): unknown {
  if (isList(value)) {
    return decodedList(value, secrets);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key, decoded(of, secrets)]))
    : value;
}

function decodedList([kind, ...items]: EncodedList, secrets: ReadonlyMap<string, string>): unknown {
  const each = () => items.map((item) => decoded(item, secrets));
  switch (kind) {
    case 'a':
      return each();
    case 's':
      return new Set(each());
    case 'm':
      return new Map(
        items.filter(isList).map(([key = null, of = null]) => [decoded(key, secrets), decoded(of, secrets)]),
      );
    case 't': {
      const [name, ...parts] = each();
      return parts.join(secrets.get(String(name)) ?? '');
    }
    default:
      throw new Error(`no list begins with ${JSON.stringify(kind)}`);
  }
}

function isList(value: Encoded): value is EncodedList {
  return Array.isArray(value);
}
