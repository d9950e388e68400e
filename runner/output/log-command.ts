/** A command as it stands in a line: `::name key=value,key=value::data`, unescaped. */
export interface RawCommand {
  /** Lower case. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

export interface Annotation {
  readonly kind: 'annotation';
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** What a line of output may tell the runner. Names not listed here are ordinary output. */
export type LogCommand =
  | { readonly kind: 'add-mask'; readonly value: string }
  | { readonly kind: 'group'; readonly title: string }
  | { readonly kind: 'end-group' }
  | Annotation
  | { readonly kind: 'debug'; readonly message: string }
  | { readonly kind: 'stop-commands'; readonly token: string };

type Reader = (command: RawCommand) => LogCommand | undefined;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['add-mask', ({ data }) => (data.trim() === '' ? undefined : { kind: 'add-mask', value: data })],
  ['group', ({ data }) => ({ kind: 'group', title: data })],
  ['endgroup', () => ({ kind: 'end-group' })],
  ['error', (command) => annotation('error', command)],
  ['warning', (command) => annotation('warning', command)],
  ['notice', (command) => annotation('notice', command)],
  ['debug', ({ data }) => ({ kind: 'debug', message: data })],
  ['stop-commands', ({ data }) => stopCommands(data)],
]);

/**
 * The command a raw line holds, if any: leading white space, `::name`, properties, `::data`
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). Unknown names are returned too.
 */
export function parseRawCommand(line: string): RawCommand | undefined {
  const match = /^\s*::([A-Za-z][\w-]*)(?:\s+([^\n]*?))?::([\s\S]*)$/.exec(line);
  const [, name, list = '', data = ''] = match ?? [];
  if (name === undefined) {
    return undefined;
  }
  const properties = Object.fromEntries(
    list.split(',').flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at).trim(), unescapeProperty(pair.slice(at + 1))]];
    }),
  );
  return { name: name.toLowerCase(), properties, data: unescapeData(data) };
}

/** The command of a raw line among those LightV knows. */
export function parseCommand(line: string): LogCommand | undefined {
  const raw = line.includes('::') ? parseRawCommand(line) : undefined;
  return raw === undefined ? undefined : readers.get(raw.name)?.(raw);
}

/** Whether a line resumes commands stopped with `token`; letter case does not matter. */
export function resumesCommands(line: string, token: string): boolean {
  return line.trim().toLowerCase() === `::${token.toLowerCase()}::`;
}

function annotation(level: Annotation['level'], { properties, data }: RawCommand): Annotation {
  const { title, file } = properties;
  const [line, column] = [whole(properties.line), whole(properties.col)];
  const [endLine, endColumn] = [whole(properties.endLine), whole(properties.endColumn)];
  return {
    kind: 'annotation',
    level,
    message: data,
    ...(title === undefined || title === '' ? {} : { title }),
    ...(file === undefined || file === '' ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(endLine === undefined ? {} : { endLine }),
    ...(column === undefined ? {} : { column }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
}

/** A token that is itself a command's name would resume by accident. */
function stopCommands(token: string): LogCommand | undefined {
  const valid = token.trim() !== '' && token !== 'pause-logging' && !readers.has(token.toLowerCase());
  return valid ? { kind: 'stop-commands', token } : undefined;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
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
