import { sha256 } from '../../host/digest.ts';

/** A name for what connects the machines of a job; there is one for each job of a run. */
export function networkName(run: string, job: number): string {
  return `github_network_${sha256(`${run} ${job}`).slice(0, 32)}`;
}
