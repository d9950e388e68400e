import type { Conclusion } from '../model/event.ts';
import type { End } from './ending.ts';

/**
 * The conclusion of an outcome: a failure that `allowed` covers counts as success. A fault of the host is never
 * allowed: nothing was tried.
 */
export function concluded<T extends End>(end: T, allowed: () => boolean): T & { readonly conclusion: Conclusion } {
  const forgiven = end.outcome === 'failure' && end.reason !== 'host-fault' && allowed();
  return { ...end, conclusion: forgiven ? 'success' : end.outcome };
}
