import type { Permissions } from '../../model/workflow.ts';
import type { Field } from '../field.ts';

/** Scopes that GitHub's own readers of workflows take `read-all` and `write-all` for. */
export const allScopes = [
  'actions',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'packages',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
];

/** `permissions`: `read-all`, `write-all`, or a map; a scope that it leaves out or that has `none` is not there. */
export function readPermissions(field: Field | undefined): Permissions | undefined {
  if (field === undefined) {
    return undefined;
  }
  if (field.isMap) {
    const given = field
      .entries()
      .flatMap(({ key, text }) => (text === 'read' || text === 'write' ? [[key, text]] : []));
    return Object.fromEntries(given) as Permissions;
  }
  const level = /^(read|write)-all$/.exec(field.text)?.[1];
  return level === undefined ? {} : (Object.fromEntries(allScopes.map((scope) => [scope, level])) as Permissions);
}
