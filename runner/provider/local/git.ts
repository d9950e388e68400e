import { GitPluginError, type SimpleGit, simpleGit } from 'simple-git';
import { causeText, HostFault } from '../../host/fault.ts';

/** Variables that turn git to another repository than the folder's, make it ask, or start programs of their own. */
const misleading = /^GIT_|EDITOR$|PAGER$|ASKPASS$|^VISUAL$|^PREFIX$/;
/** The user's own ways to reach servers. */
const reaching = ['GIT_SSH_COMMAND', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'];

/** Git in a folder, with the user's own configuration and credentials, that never asks a question. */
export function gitIn(folder: string, signal?: AbortSignal): SimpleGit {
  const kept = Object.entries(process.env).filter(([name]) => reaching.includes(name) || !misleading.test(name));
  return simpleGit({
    baseDir: folder,
    ...(signal === undefined ? {} : { abort: signal }),
    allowEnvironment: [...reaching, 'GIT_TERMINAL_PROMPT'],
    unsafe: { allowUnsafeSshCommand: true },
  }).env({ ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' });
}

/**
 * What git prints, or `undefined` when it refuses in words: what ends without any, as with `--quiet`, is not told from
 * success. Throws a `HostFault` when git cannot be started.
 */
export async function askGit(git: SimpleGit, ...args: string[]): Promise<string | undefined> {
  try {
    return (await git.raw(args)).replace(/\n$/, '');
  } catch (error) {
    if (error instanceof GitPluginError || /ENOENT/.test(causeText(error))) {
      throw new HostFault('ask git', error);
    }
    return undefined;
  }
}

/** Absolute path of the top of the repository that holds `folder`; `undefined` outside git. */
export async function repositoryTop(folder: string): Promise<string | undefined> {
  try {
    const top = (await gitIn(folder).raw(['rev-parse', '--show-toplevel'])).replace(/\n$/, '');
    return top === '' ? undefined : top;
  } catch (error) {
    const words = causeText(error);
    if (/not a git repository|must be run in a work tree/i.test(words)) {
      return undefined;
    }
    throw new HostFault(`ask git for the repository of ${folder}`, words.trim());
  }
}
