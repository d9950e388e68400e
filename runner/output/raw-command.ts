/** A command as it stands in a line, unescaped. */
export interface RawCommand {
  /** Lower case. */
  readonly name: string;
  /** By their names in lower case. */
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** Tells, by its name in lower case, whether a command is one. */
export type KnownCommand = (name: string) => boolean;

/**
 * The command a raw line holds, if any: `::name key=value,key=value::data` behind white space at most
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions), or else the older
 * `##[name key=value;key=value]data` anywhere in the line, the first one that opens.
 */
export function parseRawCommand(line: string, known: KnownCommand): RawCommand | undefined {
  return parseColons(line, known) ?? parseBracketed(line, known);
}

function parseColons(line: string, known: KnownCommand): RawCommand | undefined {
  const text = line.includes('::') ? line.trimStart() : '';
  const end = text.startsWith('::') ? text.indexOf('::', 2) : -1;
  return end === -1
    ? undefined
    : commandOf(text.slice(2, end), ',', unescapeProperty, unescapeData(text.slice(end + 2)), known);
}

function parseBracketed(line: string, known: KnownCommand): RawCommand | undefined {
  const start = line.indexOf('##[');
  const end = start === -1 ? -1 : line.indexOf(']', start);
  return end === -1
    ? undefined
    : commandOf(line.slice(start + 3, end), ';', unescapeOld, unescapeOld(line.slice(end + 1)), known);
}

function commandOf(
  info: string,
  between: string,
  plain: (text: string) => string,
  data: string,
  known: KnownCommand,
): RawCommand | undefined {
  const space = info.indexOf(' ');
  const name = (space === -1 ? info : info.slice(0, space)).toLowerCase();
  const list = space === -1 ? '' : info.slice(space + 1).trim();
  return known(name) ? { name, properties: readProperties(list, between, plain), data } : undefined;
}

function readProperties(list: string, between: string, plain: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    list.split(between).flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at).toLowerCase(), plain(pair.slice(at + 1))]];
    }),
  );
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

function unescapeOld(text: string): string {
  return text
    .replaceAll('%3B', ';')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']')
    .replaceAll('%25', '%');
}
