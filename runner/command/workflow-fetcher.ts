import { resolve } from 'node:path';
import type { FetchAction } from '../model/action.ts';
import { actionFetcher } from '../provider/local/actions/fetch.ts';

/** Brings the repositories of called workflows, before there is a run. What is worth knowing is said on stderr. */
export function workflowFetcher({ actionsMirror }: { readonly actionsMirror?: string }): FetchAction {
  return actionFetcher({
    run: 'plan',
    ...(actionsMirror === undefined ? {} : { mirror: resolve(actionsMirror) }),
    warn: (sentence) => process.stderr.write(`lightv: ${sentence}\n`),
  });
}
