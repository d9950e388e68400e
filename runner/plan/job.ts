import type { Scope } from '../expression/scope.ts';
import { holdsExpression } from '../expression/split.ts';
import { placeOfTree, templatesOf } from '../expression/tree.ts';
import type { PlanBounds, PlannedCall, PlannedJob } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import type { Job, Json, Template, Tree } from '../model/workflow.ts';
import { planCall } from './call.ts';
import { cellId, uniqueIds } from './cell-id.ts';
import { concurrencyOf } from './concurrency.ts';
import { inContainer, planContainer, planServices } from './container.ts';
import { chooseIsolation } from './isolation.ts';
import { type ExpandedCell, expandMatrix } from './matrix.ts';
import { filterProblem, keptBy } from './matrix-filter.ts';
import { matrixValues } from './matrix-values.ts';
import { idWithin, type PlanJobs, type Planned, type PlanPlace } from './place.ts';
import { countReading, flagReading, isolationReading, machineReading, networkReading } from './readings.ts';
import { attempt, resolve, type Setting } from './resolve.ts';
import { resolveResources } from './resources.ts';
import { imageOfLabels } from './runs-on.ts';
import { resolveSecrets } from './secrets.ts';
import { sharedProblems } from './shared-containers.ts';
import { type JobWishes, resolveImage } from './step.ts';
import { StepPlans } from './step-plans.ts';
import { resolveStrategy } from './strategy.ts';
import { resolveTimeout } from './timeout.ts';

/** The contexts planning reads; the others are known only while a job runs. */
const planned = ['github', 'vars', 'inputs'];

/**
 * One job of a file as it runs: a job for each cell of its matrix, or the one job; with `uses` as many calls. `needs` is
 * the context of that name.
 */
export function planJob(
  job: Job,
  place: PlanPlace,
  needs: { readonly [job: string]: Json },
  planJobs: PlanJobs,
): Planned<PlannedJob | PlannedCall> {
  const { bounds, within, room } = place;
  const problems: Problem[] = [];
  const known = Object.entries(place.contexts).filter(([name]) => planned.includes(name));
  const setting: Setting = { scope: { contexts: { ...Object.fromEntries(known), needs } }, problems };
  const { concurrency } = job;
  if (concurrency !== undefined && templatesOf(concurrency).length === 0) {
    attempt(setting, () => concurrencyOf(concurrency, setting.scope));
  }
  const given = resolveStrategy(job.strategy, setting);
  const strategy = {
    failFast: resolve(given.failFast, flagReading, setting) ?? true,
    maxParallel: resolve(given.maxParallel, countReading, setting),
  };
  const cells = cellsOf(given.matrix, bounds, setting);
  if (!room.take(cells.length)) {
    return { jobs: [], problems: [...problems, room.problem(job)] };
  }
  const ids = uniqueIds(cells.map((cell) => (cell.naming === undefined ? job.id : cellId(job.id, cell.naming))));
  const steps = new StepPlans(job, bounds);
  const jobs = cells.flatMap((cell, index): (PlannedJob | PlannedCall)[] => {
    // What is not wanted need not be possible here.
    if (!keptBy(cell.values, bounds.matrix)) {
      return [];
    }
    const spot = { ...strategy, index, total: cells.length };
    const own: Setting = { scope: cellScope(setting.scope, cell.values ?? null, spot), problems };
    const id = ids[index] ?? job.id;
    const head = headOf(job, { id: idWithin(within, id), suffix: id.slice(job.id.length) }, cell, spot);
    if (job.call === undefined) {
      return [planCell(job, head, { bounds, steps }, own)];
    }
    const call = planCall(job, head, place, own, planJobs);
    return call === undefined ? [] : [call];
  });
  return { jobs: problems.length > 0 ? [] : jobs, problems };
}

type JobCell = Partial<ExpandedCell>;
type StrategyPlace = { failFast: boolean; maxParallel: number | undefined; index: number; total: number };

/** The cells of a job, all of them: a filter takes its pick after indexes and ids are given. */
function cellsOf(matrix: Tree | undefined, bounds: PlanBounds, setting: Setting): readonly JobCell[] {
  if (matrix === undefined) {
    return [{}];
  }
  const values = matrixValues(matrix, setting);
  if (values === undefined) {
    return [];
  }
  const cells = expandMatrix(values);
  const fault = typeof cells === 'string' ? cells : filterProblem(cells, bounds.matrix);
  if (fault !== undefined) {
    setting.problems.push({ message: fault, place: placeOfTree(matrix) });
  }
  return typeof cells === 'string' ? [] : cells;
}

function cellScope(scope: Scope, matrix: Json, place: StrategyPlace): Scope {
  const strategy = {
    'fail-fast': place.failFast,
    'job-index': place.index,
    'job-total': place.total,
    'max-parallel': place.maxParallel ?? place.total,
  };
  return { contexts: { ...scope.contexts, matrix, strategy } };
}

/** What a cell has whether it runs or is called. */
function headOf(
  job: Job,
  { id, suffix }: { id: string; suffix: string },
  cell: JobCell,
  { failFast, maxParallel, index, total }: StrategyPlace,
) {
  return {
    id,
    jobId: job.id,
    ...nameOf(job, suffix),
    ...(cell.values === undefined ? {} : { matrix: cell.values }),
    strategy: { failFast, ...(maxParallel === undefined ? {} : { maxParallel }), index, total },
    needs: job.needs.map((need) => need.id),
    ...(job.condition === undefined ? {} : { condition: job.condition }),
    ...(job.permissions === undefined ? {} : { permissions: job.permissions }),
    ...(job.concurrency === undefined ? {} : { concurrency: job.concurrency }),
  };
}

/** A name that is the same for all cells gets what tells them apart, as on GitHub. */
function nameOf({ name }: Job, suffix: string): { name?: Template } {
  if (name === undefined || suffix === '' || holdsExpression(name.text) || holdsExpression(suffix)) {
    return name === undefined ? {} : { name };
  }
  return { name: { ...name, text: `${name.text}${suffix}` } };
}

interface Planning {
  readonly bounds: PlanBounds;
  readonly steps: StepPlans;
}

function planCell(job: Job, head: ReturnType<typeof headOf>, planning: Planning, setting: Setting): PlannedJob {
  const wishes = jobWishes(job, planning.bounds, setting);
  const { container, services, steps } = planMachines(job, wishes, planning, setting);
  const timeout = resolveTimeout(job.timeout, setting);
  const cancelTimeout = resolveTimeout(job.cancelTimeout, setting);
  return {
    kind: 'job',
    ...head,
    machine: resolve(job.machine, machineReading, setting) ?? 'fresh',
    env: job.env,
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    checkout: job.checkout,
    ...(job.partial === undefined ? {} : { partial: job.partial }),
    outputs: job.outputs,
    artifacts: job.artifacts,
    cache: job.cache,
    continueOnError: job.continueOnError,
    ...(cancelTimeout === undefined ? {} : { cancelTimeout }),
    ...(job.shell === undefined ? {} : { shell: job.shell }),
    ...(job.workingDirectory === undefined ? {} : { workingDirectory: job.workingDirectory }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(wishes.resources.disk === undefined ? {} : { disk: wishes.resources.disk }),
    ...(container === undefined ? {} : { container }),
    services,
    steps,
  };
}

function planMachines(job: Job, wishes: JobWishes, { bounds, steps: plans }: Planning, setting: Setting) {
  const { isolation } = chooseIsolation(wishes.isolation, bounds.isolation, undefined);
  const container = planContainer(job.container, { ...bounds, isolation }, setting);
  const services = planServices(job.services, { ...bounds, isolation }, setting);
  setting.problems.push(...sharedProblems(container, services));
  const steps = plans.of(wishes, setting);
  return {
    container,
    services,
    steps: container === undefined ? steps : steps.map((step) => inContainer(step, container)),
  };
}

function jobWishes(job: Job, bounds: PlanBounds, setting: Setting): JobWishes {
  const image = resolveImage(job, setting) ?? imageOfLabels(job, bounds, setting);
  const isolation = resolve(job.isolation, isolationReading, setting);
  const network = resolve(job.network, networkReading, setting);
  return {
    ...(image === undefined ? {} : { image }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(network === undefined ? {} : { network }),
    resources: resolveResources(job, setting),
    ...(job.secrets === undefined ? {} : { secrets: resolveSecrets(job.secrets, undefined, undefined, setting) }),
  };
}
