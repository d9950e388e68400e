/** A command as it stands in a line, unescaped. */
export interface RawCommand {
  /** Lower case. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/**
 * The command a raw line holds, if any: `::name key=value,key=value::data` behind white space at most
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions), or the older
 * `##[name key=value;key=value]data` anywhere in the line. Unknown names are returned too.
 */
export function parseRawCommand(line: string): RawCommand | undefined {
  if (line.includes('::')) {
    const [, name, list = '', data = ''] = /^\s*::([A-Za-z][\w-]*)(?:\s+([^\n]*?))?::([\s\S]*)$/.exec(line) ?? [];
    if (name !== undefined) {
      const properties = readProperties(list, ',', unescapeProperty);
      return { name: name.toLowerCase(), properties, data: unescapeData(data) };
    }
  }
  return line.includes('##[') ? parseBracketed(line) : undefined;
}

function parseBracketed(line: string): RawCommand | undefined {
  const [, name, list = '', data = ''] = /##\[([A-Za-z][\w-]*)(?:\s+([^\]\n]*))?\]([\s\S]*)$/.exec(line) ?? [];
  return name === undefined
    ? undefined
    : { name: name.toLowerCase(), properties: readProperties(list, ';', unescapeOld), data: unescapeOld(data) };
}

function readProperties(list: string, between: string, plain: (text: string) => string): Record<string, string> {
  return Object.fromEntries(
    list.split(between).flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at).trim(), plain(pair.slice(at + 1))]];
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
