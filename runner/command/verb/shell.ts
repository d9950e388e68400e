import { Command } from 'commander';
import { WrongInput } from '../../host/fault.ts';
import { stateFolder } from '../../host/paths.ts';
import { openStore } from '../../store/store.ts';
import { checkShell } from '../machine-shell.ts';
import { type Begun, runOnce } from '../run-once.ts';
import { addRunOptions, addSecretOptions, type RunOptions } from '../run-options.ts';
import type { VerbDefinition } from '../verbs.ts';
import type { Wanted } from '../visit-request.ts';

export const verb: VerbDefinition = (command, end) => {
  addSecretOptions(
    command
      .argument('<run>', "a failed run's id, the start of one, or `latest`")
      .option('-j, --job <id>', 'the job, where several failed')
      .option('--step <id>', 'another step than the one that failed'),
  ).action(async (run: string, options: Wanted & Pick<RunOptions, 'secret' | 'secretFile'>) => {
    checkShell('shell', false);
    const { job, step, ...secrets } = options;
    const begun: Begun = {};
    const visit = { ...(job === undefined ? {} : { job }), ...(step === undefined ? {} : { step }) };
    try {
      await runOnce([], { ...usualOptions(), ...secrets, rerunFailed: run, visit }, begun);
    } finally {
      await forget(begun.run);
    }
    if (begun.visited !== true) {
      throw new WrongInput([
        { message: `the step of run ${run} was not reached: it has no command of its own to run` },
      ]);
    }
    end(0);
  });
};

/** What `lightv run` has when nothing is asked for. */
function usualOptions(): RunOptions {
  return addRunOptions(new Command()).parse([], { from: 'user' }).opts<RunOptions>();
}

/** A look is no run that anybody wants to remember. */
async function forget(run: string | undefined): Promise<void> {
  const store = openStore(stateFolder());
  try {
    if (run !== undefined) {
      await store.remove(run);
    }
  } finally {
    store.close();
  }
}
