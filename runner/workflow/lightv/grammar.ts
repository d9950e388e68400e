import { z } from 'zod';
import {
  anything,
  byId,
  bytes,
  count,
  cpus,
  duration,
  either,
  expression,
  flag,
  image,
  isolation,
  list,
  machine,
  map,
  named,
  network,
  text,
  textOrNothing,
  texts,
  words,
} from './kinds.ts';

const env = named('a map of variables', textOrNothing).describe('Environment variables.');

const resources = map('resources', {
  cpu: cpus.optional().describe('CPUs: 2, 0.5 or 500m.'),
  memory: bytes.optional().describe('Memory: 512Mi, 1Gi.'),
  disk: bytes.optional().describe("Size of the job's disk: 2Gi."),
}).describe('What a machine gets; a limit named here binds or the step is refused.');

const wishes = {
  image: image.optional().describe('Image of the machine: a shipped name, a folder (./folder) or a .lv file.'),
  isolation: isolation.optional().describe('Level of isolation; auto takes the strongest that works here.'),
  network: network.optional().describe('none (the default) or full, which never reaches the host itself.'),
  resources: resources.optional(),
};

const artifact = map('an artifact', {
  name: text.describe('Name of the artifact, unique in the run.'),
  path: texts.describe('Globs relative to the workspace; a leading ! takes files out again.'),
  when: words('success', 'failure', 'always').optional().describe('After which ending it is kept; success.'),
  'if-missing': words('warn', 'error', 'ignore').optional().describe('What happens when no file matches; warn.'),
});
const artifacts = either('an artifact or a list of artifacts', () => [artifact, list('a list of artifacts', artifact)])
  .optional()
  .describe('Files kept after the run.');

const cacheEntry = map('a cache', {
  key: text.describe('Exact key; nothing is saved where it exists.'),
  'restore-keys': texts.optional().describe('Beginnings of keys to fall back to, best first.'),
  paths: texts.describe('What is kept.'),
});

const retry = map('a retry', {
  attempts: count.optional().describe('How often a step is tried in all.'),
  delay: duration.optional().describe('Pause before the next try.'),
});

const step = map('a step', {
  id: text.optional().describe('Id that needs and the steps context use.'),
  name: text.optional().describe('Title in the log.'),
  run: text.describe('The script.'),
  shell: text.optional().describe('bash, sh, python, node, or a command line with {0} for the script.'),
  env: env.optional(),
  secrets: list('a list of names of secrets', text).optional().describe('Secrets this step gets; no others.'),
  'working-directory': text.optional().describe('Relative to the workspace, or absolute.'),
  needs: texts.optional().describe('Ids of earlier steps; left out: the step before; []: none.'),
  if: text.optional().describe('Condition, with or without ${{ }}.'),
  ...wishes,
  timeout: duration.optional().describe('How long the step may take: 90s, 5m, 1h30m.'),
  retry: retry.optional().describe('Tries again when the step fails.'),
  'continue-on-error': flag.optional().describe('A failure does not fail the job.'),
  artifacts,
  outputs: list('a list of names', text).optional().describe('Outputs the step declares; left out: all flow.'),
});

const matrixCells = either('a list of maps or an expression', (told) => [
  list('a list of maps', named('a map of axes and values', anything)),
  expression(told),
]);
const axis = either('a list of values or an expression', (told) => [
  list('a list of values', anything),
  expression(told),
]);
const matrix = either('a map of axes or an expression', (told) => [
  z.object({ include: matrixCells.optional(), exclude: matrixCells.optional() }, told).catchall(axis),
  expression(told),
]);
const strategy = map('a strategy', {
  matrix: matrix.describe('Axes with their values; include adds cells, exclude takes them out.'),
  'max-parallel': count.optional().describe('Cells that run at once.'),
  'fail-fast': flag.optional().describe('The first failed cell cancels the others; true.'),
});

const checkout = either('true, false or a map with repository, ref and depth', () => [
  z.boolean(),
  map('a checkout', {
    repository: text.describe('Address of the repository.'),
    ref: text.optional().describe('Branch, tag or commit.'),
    depth: either('a whole number from 1', (told) => [z.int(told).min(1, told)])
      .optional()
      .describe('Commits of history; 1.'),
  }),
]);

const job = map('a job', {
  name: text.optional().describe('Title of the job.'),
  needs: texts.optional().describe('Ids of jobs that come first.'),
  if: text.optional().describe('Condition, with or without ${{ }}.'),
  ...wishes,
  machine: machine.optional().describe('fresh: a machine for each step; auto; kept: one machine for the job.'),
  env: env.optional(),
  secrets: list('a list of names of secrets', text).optional().describe('Bounds what the steps may name.'),
  checkout: checkout.optional().describe('What the workspace starts with.'),
  strategy: strategy.optional(),
  outputs: named('a map of outputs', text).optional().describe('What jobs that need this one can read.'),
  artifacts,
  cache: either('a cache or a list of caches', () => [cacheEntry, list('a list of caches', cacheEntry)])
    .optional()
    .describe('Files kept from run to run.'),
  'continue-on-error': flag.optional().describe('A failure does not fail the run.'),
  timeout: duration.optional().describe('How long the whole job may take.'),
  steps: list('a list of steps', step)
    .min(1, 'found no step; a job has at least one')
    .max(1000, 'found more than 1000 steps; a job has at most that many'),
});

const defaults = map('defaults', {
  ...wishes,
  shell: text.optional().describe('Shell of every step.'),
  timeout: duration.optional().describe('How long each job may take.'),
  'working-directory': text.optional().describe('Where every step starts.'),
});

const events = either('an event, a list of events or a map of events', () => [
  text,
  list('a list of events', text),
  named('a map of events', anything),
]);

/** The grammar of native pipelines: it validates, and editors get it as a JSON Schema. */
export const pipelineGrammar = map('a pipeline', {
  name: text.optional().describe('Name of the workflow; the name of the file when left out.'),
  on: events.optional().describe('Events the workflow answers to when run with --event.'),
  env: env.optional(),
  defaults: defaults.optional().describe('What jobs take where they name nothing themselves.'),
  jobs: byId('a map of jobs by their ids', job)
    .refine((jobs) => Object.keys(jobs).length > 0, 'found no job; a pipeline has at least one')
    .describe('The jobs, by their ids.'),
}).describe('A LightV pipeline.');

/** The JSON Schema (draft 7) of native pipelines, for editors. */
export function pipelineJsonSchema(): object {
  return z.toJSONSchema(pipelineGrammar, { io: 'input', target: 'draft-7' });
}
