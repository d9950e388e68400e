import type { MicroVm } from '../model/machine.ts';
import type { Dialect } from '../model/workflow.ts';
import { largestCommandFile, parsePairs, parsePaths, refusedVariable } from '../output/command-files.ts';
import type { HeldMachine } from './held-machine.ts';
import type { Inside } from './inside.ts';
import { guestFolder } from './services.ts';
import { packFiles, readSmallFiles, type SmallFile } from './tar.ts';

/** Paths in the guest, of one attempt at one step. */
export interface StepFolder {
  readonly folder: string;
  readonly files: string;
  readonly output: string;
  readonly env: string;
  readonly path: string;
  readonly summary: string;
  readonly state: string;
}

/** What a step wrote to its command files. */
export interface StepWords {
  readonly outputs: Readonly<Record<string, string>>;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly paths: readonly string[];
  readonly summary?: string;
  /** What an action keeps for its own end. */
  readonly state: readonly (readonly [name: string, value: string])[];
  /** Why a file could not be read to its end: the step fails for it. */
  readonly problem?: string;
  /** What was left out, a sentence each. */
  readonly dropped: readonly string[];
}

export const noWords: StepWords = { outputs: {}, env: [], paths: [], state: [], dropped: [] };

/** `name` must be new on its machine: a machine that is kept sees several steps. */
export function stepFolder(name: string, { commands }: Pick<Inside, 'commands'>): StepFolder {
  const folder = `${commands}/${name}`;
  const files = `${folder}/files`;
  const file = (which: string) => `${files}/${which}`;
  return {
    folder,
    files,
    output: file('output'),
    env: file('env'),
    path: file('path'),
    summary: file('summary'),
    state: file('state'),
  };
}

/** Puts files that all steps of a machine find below LightV's folder. */
export async function putExtras(vm: MicroVm, extras: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
  const files = [...extras].map(([name, text]) => ({ name, text }));
  await vm.copyIn(packFiles(files), guestFolder, signal);
}

/** Puts a step's script and empty command files into the guest; the script's path, `''` without one. */
export async function putStepFiles(
  { vm, user }: Pick<HeldMachine, 'vm' | 'user'>,
  { folder, output, env, path, summary, state }: StepFolder,
  script: { readonly file: string; readonly text: string } | undefined,
  signal: AbortSignal,
): Promise<string> {
  const place = script === undefined ? '' : `${folder}/${script.file}`;
  const inside = (name: string) => name.slice(folder.length + 1);
  const files: SmallFile[] = [
    ...(script === undefined ? [] : [{ name: inside(place), text: script.text, mode: 0o755 }]),
    ...[output, env, path, summary, state].map((name) => ({ name: inside(name), text: '' })),
  ];
  await vm.copyIn(packFiles(files), folder, signal, user);
  return place;
}

/** What is made of a step's command files. */
export interface FileRules {
  readonly dialect: Dialect;
  /** The outputs that may flow; all when absent. */
  readonly declared?: readonly string[] | undefined;
}

/** Reads a step's command files back. */
export async function readStepFiles(
  vm: MicroVm,
  { files }: StepFolder,
  { dialect, declared }: FileRules,
  signal: AbortSignal,
): Promise<StepWords> {
  const named = (file: string) => `${dialect === 'github' ? 'GITHUB' : 'LIGHTV'}_${file.toUpperCase()}`;
  const found = await readSmallFiles(await vm.copyOut(files, signal), { bytes: largestCommandFile, entries: 64 });
  const tooLarge = [...found].filter(([, bytes]) => bytes === undefined).map(([name]) => name);
  const bytes = (name: string) => found.get(name) ?? new Uint8Array();
  const output = parsePairs(bytes('output'));
  const env = parsePairs(bytes('env'));
  const path = parsePaths(bytes('path'));
  const state = parsePairs(bytes('state'));
  const outputs = declaredOnly(output.pairs, declared);
  const variables = allowedOnly(env.pairs, dialect, named('env'));
  const summary = new TextDecoder().decode(bytes('summary'));
  const problem =
    sizeProblem(tooLarge, named) ??
    told(named('output'), output.problem) ??
    told(named('env'), env.problem) ??
    told(named('path'), path.problem) ??
    told('GITHUB_STATE', state.problem);
  return {
    outputs: outputs.kept,
    env: variables.kept,
    paths: path.paths,
    state: state.pairs,
    ...(summary === '' ? {} : { summary }),
    ...(problem === undefined ? {} : { problem }),
    dropped: [...outputs.dropped, ...variables.dropped, ...summaryDropped(tooLarge)],
  };
}

function declaredOnly(pairs: readonly (readonly [string, string])[], declared: readonly string[] | undefined) {
  const kept = pairs.filter(([name]) => declared?.includes(name) ?? true);
  const dropped = new Set(pairs.map(([name]) => name).filter((name) => !(declared?.includes(name) ?? true)));
  return {
    kept: Object.fromEntries(kept) as Record<string, string>,
    dropped: [...dropped].slice(0, mostNotices).map((name) => `the output ${shown(name)} is not declared: dropped`),
  };
}

function allowedOnly(pairs: readonly (readonly [string, string])[], dialect: Dialect, file: string) {
  const refused = new Map(pairs.map(([name]) => [name, refusedVariable(name, dialect)]));
  return {
    kept: pairs.filter(([name]) => refused.get(name) === undefined),
    dropped: [...refused]
      .flatMap(([name, why]) => (why === undefined ? [] : [`${clipped(name)} cannot be set through ${file}: ${why}`]))
      .slice(0, mostNotices),
  };
}

/** Notices a guest can cause with one file. */
const mostNotices = 20;

function sizeProblem(tooLarge: readonly string[], named: (file: string) => string): string | undefined {
  const file = tooLarge.find((name) => name !== 'summary');
  return file === undefined ? undefined : `${named(file)} is larger than the 1 MiB allowed`;
}

function summaryDropped(tooLarge: readonly string[]): string[] {
  return tooLarge.includes('summary') ? ['the summary is larger than the 1 MiB allowed: left out'] : [];
}

function told(file: string, problem: { readonly line: number; readonly message: string } | undefined) {
  return problem === undefined ? undefined : `${file}, line ${problem.line}: ${problem.message}`;
}

function shown(name: string): string {
  return `"${clipped(name)}"`;
}

function clipped(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
