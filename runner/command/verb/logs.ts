import { WrongInput } from '../../host/fault.ts';
import { stateFolder } from '../../host/paths.ts';
import { openStore, type RunStore } from '../../store/store.ts';
import { streamOut } from '../render/out.ts';
import { isMeant, type LogOptions, loggedSteps, showLogs } from '../show-logs.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command
    .argument('<run>', "a run's id, the start of one, or `latest`")
    .option('-j, --job <id>', 'only this job: for a matrix all its cells, for a call all its jobs')
    .option('--step <id>', 'only this step, by id or name')
    .option('-f, --follow', 'go on until the run has ended', false)
    .action(async (id: string, options: LogOptions) => {
      const store = openStore(stateFolder());
      const stop = new AbortController();
      const interrupted = () => stop.abort();
      process.once('SIGINT', interrupted);
      try {
        const run = store.find(id).id;
        if (!options.follow) {
          refuseUnknown(store, run, options);
        }
        await showLogs(store, run, options, streamOut(process.stdout, interrupted), stop.signal);
      } finally {
        process.removeListener('SIGINT', interrupted);
        store.close();
      }
      end(stop.signal.aborted && options.follow ? 130 : 0);
    });
};

function refuseUnknown(store: RunStore, run: string, { job, step }: LogOptions): void {
  const steps = loggedSteps(store, run).map((one) => one.step);
  const all = [...store.steps(run), ...steps];
  const jobs = [...new Set([...store.jobs(run).map(({ id }) => id), ...all.map((one) => one.job)])];
  if (job !== undefined && !jobs.some((id) => isMeant(id, job))) {
    throw new WrongInput([{ message: `run ${run} has no job "${job}"; there are ${jobs.join(', ') || 'none'}` }]);
  }
  if (step !== undefined && !all.some((one) => one.id === step || one.name === step)) {
    const ids = [...new Set(all.map((one) => one.id))].join(', ');
    throw new WrongInput([{ message: `run ${run} has no step "${step}"; there are ${ids || 'none'}` }]);
  }
}
