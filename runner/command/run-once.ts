import { stateFolder } from '../host/paths.ts';
import type { Plan } from '../model/plan.ts';
import { isBuiltIn } from '../plan/actions.ts';
import { readLock } from '../provider/local/actions/lock-file.ts';
import type { Visit } from '../run/shown-machine.ts';
import { onAbort } from '../run/stop.ts';
import { openStore } from '../store/store.ts';
import { chooseScreen } from './choose-screen.ts';
import { readConfig } from './config.ts';
import { excerpts } from './excerpts.ts';
import { imageAccess } from './image-access.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import { killRun } from './kill-run.ts';
import { checkShell, failureShell, openShell } from './machine-shell.ts';
import { machines } from './machines.ts';
import { makeReady } from './make-ready.ts';
import { dryRunText, jobsJson, jobsTable } from './plan-list.ts';
import type { Screen } from './render/screen.ts';
import { Interrupted } from './report-error.ts';
import { rerunRequest } from './rerun-request.ts';
import type { RunOptions } from './run-options.ts';
import { runPipelines } from './run-pipelines.ts';
import { freshRequest, type RunRequest } from './run-request.ts';
import type { RunSetting } from './run-services.ts';
import { sweepDeadRuns } from './sweep-dead-runs.ts';
import type { FailedStep } from './visit-request.ts';

/** What became of a call of `lightv run`, as far as it has come. */
export interface Begun {
  /** The run that goes on, or was the last. */
  run?: string;
  /** The user wants it to end. */
  interrupted?: boolean;
  /** The step that was to be looked at was. */
  visited?: boolean;
}

/**
 * Runs, or lists, what arguments and options ask for, once; the exit code. `replaced` aborts when nobody wants to know any
 * more how it ends. Throws what `reportError` tells.
 */
export async function runOnce(
  paths: readonly string[],
  options: RunOptions,
  begun: Begun,
  replaced?: AbortSignal,
): Promise<number> {
  if (options.shellOnFailure) {
    checkShell('--shell-on-failure', options.json);
  }
  const config = readConfig();
  const { rerunFailed } = options;
  const request =
    rerunFailed === undefined
      ? await freshRequest(paths, options, config)
      : await rerunRequest(rerunFailed, paths, options, config);
  if (request === undefined) {
    process.stderr.write(`lightv: nothing failed in the run ${rerunFailed}\n`);
    return 0;
  }
  if (onlyShows(options)) {
    const text = options.list ? jobsTable : dryRunText;
    process.stdout.write(options.json ? jobsJson(request.plans) : text(request.plans));
    return 0;
  }
  const locks = await readLocks(request.plans);
  return await runForReal(request, { options, config, locks, ...(replaced === undefined ? {} : { replaced }) }, begun);
}

/** Read once: a file that is wrong is told before anything runs. */
async function readLocks(plans: readonly Plan[]): Promise<RunSetting['locks']> {
  const tops = new Set(plans.flatMap(({ repository }) => repository ?? []));
  const locks = await Promise.all([...tops].map(async (top) => [top, await readLock(top)] as const));
  return new Map(locks.flatMap(([top, lock]) => (lock === undefined ? [] : [[top, lock] as const])));
}

async function runForReal(
  { plans, visiting, ...request }: RunRequest,
  given: Pick<RunSetting, 'options' | 'config' | 'locks' | 'replaced'>,
  begun: Begun,
): Promise<number> {
  let screen: Screen | undefined;
  const say = (text: string) => tell(screen, begun.run, text);
  const interrupt = listenForInterrupt(say, () => {
    if (begun.run !== undefined) {
      killRun(begun.run);
    }
  });
  const undo = given.replaced === undefined ? () => {} : onAbort(given.replaced, interrupt.stop);
  try {
    const choose = machines();
    await ready(plans, { ...given, ...request, choose }, interrupt);
    const store = openStore(stateFolder());
    try {
      await sweepDeadRuns(store);
      screen = await chooseScreen(given.options.json, interrupt.stop, excerpts(plans));
      const shell = given.options.shellOnFailure ? { onFailure: failureShell(screen) } : {};
      const visit = visiting === undefined ? {} : { visit: visitOf(visiting, screen, begun) };
      const setting = { ...given, ...request, ...shell, ...visit, choose, signal: interrupt.signal, warn: say };
      const onRun = (run: string) => {
        begun.run = run;
      };
      return await runPipelines({ plans, store, show: screen, setting, onRun });
    } finally {
      await screen?.close();
      store.close();
    }
  } finally {
    begun.interrupted = interrupt.signal.aborted && (interrupt.asked || given.replaced?.aborted !== true);
    undo();
    interrupt.close();
  }
}

function visitOf(failed: FailedStep, screen: Screen, begun: Begun): Visit {
  return {
    ...failed,
    async open(machine, argv) {
      begun.visited = true;
      const head = `${machine.job}: a shell in the machine of step "${machine.step}", as the step finds it; it would run: ${argv.join(' ')}`;
      await openShell(machine, screen, head);
    },
  };
}

/** What has to be there before the first run; says on stderr what is made. */
async function ready(
  plans: readonly Plan[],
  {
    config,
    asked: { images, realCheckout },
    options: { accel },
    choose,
  }: Pick<RunSetting, 'config' | 'asked' | 'options' | 'choose'>,
  { signal }: Interrupt,
): Promise<void> {
  const onProgress = (line: string) => process.stderr.write(`lightv: ${line}\n`);
  try {
    await makeReady(plans, {
      images,
      doneHere: realCheckout ? () => false : isBuiltIn,
      choose,
      opening: { ...imageAccess(config), onProgress, signal },
      ...(accel === undefined ? {} : { accel }),
    });
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  }
}

/** Among the events of the run that is going on, so that it does not break the live lines or the JSON; else on stderr. */
function tell(screen: Screen | undefined, run: string | undefined, text: string): void {
  if (screen === undefined || run === undefined) {
    process.stderr.write(`lightv: ${text}\n`);
    return;
  }
  const time = new Date().toISOString();
  screen.write({ type: 'notice', run, time, level: 'warning', text }).catch((error: Error) => {
    process.stderr.write(`lightv: ${text} (${error.message})\n`);
  });
}
/** Whether nothing is to be run. */
export function onlyShows({ list, dryRun, dryrun }: RunOptions): boolean {
  return list || dryRun || dryrun;
}
