import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Accel } from '../model/machine.ts';
import type { Dialect, Isolation } from '../model/workflow.ts';
import { dialectNames } from '../workflow/dialect.ts';
import { isolationNames } from '../workflow/names.ts';
import { bytesAllowed, parseBytes } from '../workflow/quantity.ts';
import type { Wanted } from './visit-request.ts';

/** Options that say which jobs there are: `run`, `list` and `graph` share them. */
export interface SelectOptions {
  readonly job: readonly string[];
  readonly step?: string;
  readonly matrix: readonly string[];
  readonly dialect?: Dialect;
  readonly event?: string;
  readonly payload?: string;
  readonly eventpath?: string;
  readonly workflows: readonly string[];
  readonly var: readonly string[];
  readonly varFile?: string;
  readonly input: readonly string[];
  readonly inputFile?: string;
  readonly actionsMirror?: string;
}

export interface RunOptions extends SelectOptions {
  readonly secret: readonly string[];
  readonly secretFile?: string;
  readonly env: readonly string[];
  readonly envFile?: string;
  readonly platform: readonly string[];
  readonly realCheckout: boolean;
  readonly isolation?: Isolation;
  readonly accel?: Accel;
  readonly maxParallel?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes. */
  readonly logLimit?: number;
  readonly out?: string;
  readonly keepFailed: boolean;
  /** Id of a run, the start of one, or `latest`. */
  readonly rerunFailed?: string;
  /** Open a shell in the machine of each step that fails. */
  readonly shellOnFailure: boolean;
  /** Look at a step instead of running it; `lightv shell` alone asks for that. */
  readonly visit?: Wanted;
  /** Run again whenever a file changes. */
  readonly watch: boolean;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly dryrun: boolean;
  readonly list: boolean;
}

/** `--actions-mirror`, for whatever reads workflows. */
export const actionsMirror = [
  '--actions-mirror <folder>',
  'repositories owner/repo that actions and called workflows are fetched from instead of GitHub',
] as const;

export function addSelectOptions(command: Command): Command {
  return command
    .argument('[path...]', 'pipeline files or folders of them; none: those of the repository you stand in')
    .addOption(many('-j, --job <id>', 'only this job and what it needs (repeatable)'))
    .option('--step <id>', 'go no further than this step, by id or name, of the one job that --job names')
    .addOption(many('--matrix <key:value>', 'only the cells of a matrix with this value (repeatable)'))
    .addOption(
      new Option('--dialect <name>', 'language of the files; without it each tells its own').choices(dialectNames),
    )
    .option(
      '--event <name>',
      'only pipelines that this event starts, with its activity behind a dot (issues.labeled); without it `on` is not looked at',
    )
    .option('--payload <file>', "JSON file with the event's payload, github.event; without it one is made from git")
    .option('-e, --eventpath <file>', 'the same')
    .addOption(many('-W, --workflows <path>', 'a pipeline file or folder, as the argument (repeatable)'))
    .addOption(many('--var <name=value>', 'a value of the vars context (repeatable)'))
    .option('--var-file <file>', 'file of NAME=value lines for the vars context')
    .addOption(many('--input <name=value>', 'a value of the inputs context (repeatable)'))
    .option('--input-file <file>', 'file of NAME=value lines for the inputs context')
    .option(...actionsMirror);
}

/** The secrets of a run. */
export function addSecretOptions(command: Command): Command {
  return command
    .addOption(
      many('-s, --secret <name[=value]>', 'a secret; without a value from the environment or asked for (repeatable)'),
    )
    .option('--secret-file <file>', 'file of NAME=value lines with secrets');
}

export function addRunOptions(command: Command): Command {
  return addSecretOptions(addSelectOptions(command))
    .addOption(
      many(
        '--env <name[=value]>',
        'a variable for all steps; wins over the `env` of the file’s top level (repeatable)',
      ),
    )
    .option('--env-file <file>', 'file of NAME=value lines for --env')
    .addOption(many('-P, --platform <name=image>', 'use this image where a pipeline names <name> (repeatable)'))
    .option('--real-checkout', 'run actions/checkout instead of taking the working tree at hand', false)
    .addOption(
      new Option('--isolation <level>', 'default level; raises a weaker one, never lowers').choices(isolationNames),
    )
    .addOption(new Option('--accel <how>', 'how microVMs run').choices(['kvm', 'tcg']))
    .option('--max-parallel <n>', 'steps that run at once at most', positiveInteger)
    .option('--memory <size>', 'memory all machines may take together', bytes)
    .option('--log-limit <size>', 'output a step may write (256Mi)', bytes)
    .option('--out <folder>', 'copy artifacts to <folder>/<artifact>/')
    .option(
      '--rerun-failed <run>',
      'run again what failed in a run (id or `latest`), each job from the step that failed',
    )
    .option('--keep-failed', 'keep the disks of failed steps whatever room they take, and say where', false)
    .option('--shell-on-failure', 'open a shell in the machine of a step that failed, before that goes', false)
    .option('--watch', 'run anew whenever a file of the repository changes that git does not ignore', false)
    .option('--json', 'print events, one JSON object a line, and nothing else', false)
    .option('-n, --dry-run', 'show what would run', false)
    .addOption(new Option('--dryrun', "act's spelling").default(false).hideHelp())
    .option('-l, --list', 'list the jobs instead of running them', false);
}

/** An option that may be given several times; each time takes one value. */
function many(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[]) => [...before, value]).default([]);
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError('Expected a whole number from 1 on.');
  }
  return Number(text);
}

function bytes(text: string): number {
  const value = parseBytes(text);
  if (value === undefined) {
    throw new InvalidArgumentError(`Expected ${bytesAllowed}.`);
  }
  return value;
}
