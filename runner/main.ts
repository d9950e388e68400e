import manifest from '../package.json' with { type: 'json' };
import { helpText } from './command/verbs.ts';

/** Answers what needs nothing loaded; everything else is the program's. Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h' || (first === 'help' && args.length === 1)) {
    process.stdout.write(helpText());
    return 0;
  }
  if (first === undefined) {
    process.stderr.write(helpText());
    return 2;
  }
  const { runProgram } = await import('./command/program.ts');
  return await runProgram(args);
}

process.exitCode = await main(process.argv.slice(2));
