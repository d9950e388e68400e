import { randomBytes } from 'node:crypto';
import { HostFault } from '../../host/fault.ts';
import type { FetchAction } from '../../model/action.ts';
import type { JobResult } from '../../model/event.ts';
import type { RunScene } from '../scene.ts';
import { secretDigests } from './earlier-run.ts';

/**
 * Keeps what a later run can go on from when a job did not end well; the files that have to stay. All machines are gone.
 * That something cannot be kept is told and no failure. A host that could not go on is not to be filled up any more.
 */
export async function keepRun(run: RunScene, results: readonly JobResult[]): Promise<ReadonlySet<string>> {
  const { services, sources, commits, report, kept: jobs } = run;
  const bad = results.some(({ conclusion }) => conclusion === 'failure' || conclusion === 'cancelled');
  const fault = results.some(({ reason, steps }) =>
    [reason, ...steps.map((step) => step.reason)].includes('host-fault'),
  );
  if (services.keep === undefined || !bad || fault) {
    return new Set();
  }
  const salt = randomBytes(16).toString('hex');
  const secrets = secretDigests(services.secrets, salt);
  try {
    return await services.keep({
      ...{ run: services.run, jobs, salt, secrets, actions: commits },
      sources: await sources.files(),
    });
  } catch (error) {
    if (!(error instanceof HostFault)) {
      throw error;
    }
    await report.notice({}, `what the run left is not kept for a rerun: ${error.message}`, 'warning');
    return new Set();
  }
}

/** Notes the commit of each action that is fetched; those in `known` are taken at theirs, which asks nobody. */
export function noteCommits(
  fetch: FetchAction,
  commits: Map<string, string>,
  known: ReadonlyMap<string, string>,
): FetchAction {
  return async (repository, ref, signal) => {
    const name = `${repository}@${ref}`;
    const fetched = await fetch(repository, known.get(name) ?? ref, signal);
    commits.set(name, fetched.commit);
    return { ...fetched, ref };
  };
}
