import { join } from 'node:path';
import { packageRoot } from '../../host/paths.ts';
import { runProgram } from '../../host/process.ts';
import { takeTurns } from './measure.ts';
import { compared, type Section } from './section.ts';

/** The shipped command's `--version` and `--help` beside a Node that does nothing. */
export async function startUp(rounds: number): Promise<readonly Section[]> {
  const program = join(packageRoot(), 'runner/dist/main.js');
  const node = (name: string, ...args: string[]) => ({
    name,
    run: async () => {
      await runProgram('run node', [process.execPath, ...args]);
    },
  });
  const bare = node('node -e 0', '-e', '0');
  const version = await takeTurns([node('lightv --version', program, '--version'), bare], rounds);
  const help = await takeTurns([node('lightv --help', program, '--help'), bare], rounds);
  return [compared('The command starts', version), compared('The command explains itself', help)];
}
