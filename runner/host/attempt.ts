import { HostFault, WrongInput } from './fault.ts';

/**
 * Does `work`; what it throws becomes a `HostFault` that names `attempted`, unless it already is one of our own errors
 * or the abort of `signal`.
 */
export async function attempt<T>(attempted: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw hostError(attempted, error);
  }
}

/** As `attempt`, for work that does not wait. */
export function attemptSync<T>(attempted: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw hostError(attempted, error);
  }
}

function hostError(attempted: string, error: unknown): Error {
  return error instanceof HostFault || error instanceof WrongInput ? error : new HostFault(attempted, error);
}
