import { parseRawCommand, type RawCommand } from './raw-command.ts';

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
  | { readonly kind: 'stop-commands'; readonly token: string }
  | { readonly kind: 'set-output' | 'save-state'; readonly name: string; readonly value: string }
  | { readonly kind: 'set-env'; readonly name: string; readonly value: string }
  | { readonly kind: 'add-path'; readonly path: string }
  | { readonly kind: 'echo'; readonly on: boolean }
  | { readonly kind: 'add-matcher'; readonly file: string }
  /** By one of the two. */
  | { readonly kind: 'remove-matcher'; readonly owner?: string; readonly file?: string }
  /** A command that is known and asks for nothing; the sentence says why. */
  | { readonly kind: 'idle'; readonly message: string }
  /** A command that is known and cannot be carried out. */
  | { readonly kind: 'wrong'; readonly command: string; readonly message: string };

type Reader = (command: RawCommand) => LogCommand | undefined;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'add-mask',
    ({ data }) => (data.trim() === '' ? idle('add-mask', 'has nothing to mask') : { kind: 'add-mask', value: data }),
  ],
  ['group', ({ data }) => ({ kind: 'group', title: data })],
  ['endgroup', () => ({ kind: 'end-group' })],
  ['error', (command) => annotation('error', command)],
  ['warning', (command) => annotation('warning', command)],
  ['notice', (command) => annotation('notice', command)],
  ['debug', ({ data }) => ({ kind: 'debug', message: data })],
  ['stop-commands', ({ data }) => ({ kind: 'stop-commands', token: data })],
  ['set-output', (command) => setting('set-output', command)],
  ['save-state', (command) => setting('save-state', command)],
  ['set-env', (command) => setting('set-env', command)],
  ['add-path', ({ data }) => (data === '' ? wrong('add-path', 'the path is empty') : { kind: 'add-path', path: data })],
  ['echo', ({ data }) => echo(data.trim().toLowerCase())],
  [
    'add-matcher',
    ({ data }) => (data === '' ? idle('add-matcher', 'names no file') : { kind: 'add-matcher', file: data }),
  ],
  ['remove-matcher', ({ properties, data }) => removeMatcher(properties.owner ?? '', data)],
]);

/**
 * The command of a raw line among those LightV knows. `anyToken`: commands may be stopped with a token that resumes by
 * accident.
 */
export function parseCommand(line: string, anyToken = false): LogCommand | undefined {
  const raw = parseRawCommand(line, (name) => readers.has(name));
  const command = raw === undefined ? undefined : readers.get(raw.name)?.(raw);
  return command?.kind === 'stop-commands' && !anyToken ? withGoodToken(command) : command;
}

/** What stands behind the command of a line, unescaped; of a line that was masked too. */
export function commandData(line: string): string {
  return parseRawCommand(line, (name) => readers.has(name))?.data ?? line;
}

/** Whether a line resumes commands stopped with `token`; letter case does not matter. */
export function resumesCommands(line: string, token: string): boolean {
  return parseRawCommand(line, (name) => name === token.toLowerCase()) !== undefined;
}

function annotation(level: Annotation['level'], { properties, data }: RawCommand): Annotation {
  const { title, file } = properties;
  return {
    kind: 'annotation',
    level,
    message: data,
    ...(title === undefined || title === '' ? {} : { title }),
    ...(file === undefined || file === '' ? {} : { file }),
    ...range(properties),
  };
}

/** Columns without a line, or over several lines, and ranges that end before they start, are left out. */
function range(properties: RawCommand['properties']): Pick<Annotation, 'line' | 'endLine' | 'column' | 'endColumn'> {
  const end = { line: whole(properties.endline), column: whole(properties.endcolumn) };
  const line = whole(properties.line) ?? end.line;
  const column = whole(properties.col) ?? end.column;
  const oneLine = line !== undefined && (end.line ?? line) === line;
  const lines = line !== undefined && (end.line ?? line) >= line;
  const columns = oneLine && column !== undefined && (end.column ?? column) >= column;
  return {
    ...(lines ? { line } : {}),
    ...(lines && end.line !== undefined ? { endLine: end.line } : {}),
    ...(columns ? { column } : {}),
    ...(columns && end.column !== undefined ? { endColumn: end.column } : {}),
  };
}

/** A token that is itself a command's name would resume by accident. */
function withGoodToken(command: Extract<LogCommand, { kind: 'stop-commands' }>): LogCommand {
  const { token } = command;
  const name = token.trim().toLowerCase();
  return name !== '' && name !== 'pause-logging' && !readers.has(name)
    ? command
    : wrong('stop-commands', `the token "${token}" is empty or the name of a command`);
}

function setting(kind: 'set-output' | 'save-state' | 'set-env', { properties, data }: RawCommand): LogCommand {
  const { name = '' } = properties;
  return name === '' ? wrong(kind, 'it has no "name"') : ({ kind, name, value: data } as LogCommand);
}

function echo(word: string): LogCommand {
  return word === 'on' || word === 'off'
    ? { kind: 'echo', on: word === 'on' }
    : wrong('echo', `found "${word}"; allowed: on, off`);
}

function removeMatcher(owner: string, file: string): LogCommand {
  if ((owner === '') === (file === '')) {
    return idle('remove-matcher', `names ${owner === '' ? 'neither an owner nor a file' : 'both an owner and a file'}`);
  }
  return { kind: 'remove-matcher', ...(owner === '' ? { file } : { owner }) };
}

function idle(command: string, why: string): LogCommand {
  return { kind: 'idle', message: `the command '${command}' ${why}` };
}

function wrong(command: string, message: string): LogCommand {
  return { kind: 'wrong', command, message };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
