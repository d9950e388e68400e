import { Command, CommanderError, type Option } from 'commander';
import { HostFault } from '../host/fault.ts';
import { reportError } from './report-error.ts';
import { verbs } from './verbs.ts';

/** Runs the verb that `args` name and returns the exit code; every error is told on stderr. */
export async function runProgram(args: readonly string[]): Promise<number> {
  leaveWhenNobodyReads();
  let exitCode = 0;
  try {
    const program = await programFor(args, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2;
    }
    return reportError(error);
  }
}

/** `lightv list | head`: quiet. A verb that has work to undo listens to its output itself and ends in its own way. */
function leaveWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (process.stdout.listenerCount('error') === 1) {
      process.exit(error.code === 'EPIPE' ? 0 : reportError(new HostFault('write what is to be shown', error)));
    }
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
}

/** All verbs by name, so that a typing error finds its neighbour; only the one that is called is loaded. */
async function programFor(args: readonly string[], end: (exitCode: number) => void): Promise<Command> {
  const program = new Command('lightv');
  program.exitOverride().showSuggestionAfterError().helpCommand('help [command]', "print a command's help");
  program.configureHelp({ optionDescription });
  const called = args[0] === 'help' ? args[1] : args[0];
  for (const verb of verbs) {
    const command = program.command(verb.name).description(verb.summary).exitOverride();
    command.showSuggestionAfterError().showHelpAfterError(`See: lightv ${verb.name} --help`);
    if (verb.name === called) {
      const { verb: define } = await verb.load();
      define(command, end);
    }
  }
  return program;
}

/** What holds without an option is in its own words where it is worth saying: `(default: [])` tells nobody anything. */
function optionDescription({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.join(', ')}`;
}
