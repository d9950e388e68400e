import { userInfo } from 'node:os';

/** The name of the user this process runs as, or `undefined` for one without a line in /etc/passwd, as in containers. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    // Node says so in its own way: ERR_SYSTEM_ERROR, with the system's code below.
    if ((error as { info?: { code?: string } }).info?.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
