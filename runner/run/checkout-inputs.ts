import type { SourceRequest } from '../model/lease.ts';
import { StepFailure } from './ending.ts';

/** What a use of `actions/checkout` asks for. */
export interface CheckoutWish {
  /** Where the files go, relative to the workspace; `''` for the workspace itself. */
  readonly path: string;
  /** Whether what is in that folder goes first. */
  readonly clean: boolean;
  readonly request: SourceRequest;
  /** Names of inputs that ask for something that makes no difference here. */
  readonly idle: readonly string[];
}

/** Inputs that say how a server is reached, which the host settles, and what does not show in the files. */
const silent = [
  ...['repository', 'ref', 'path', 'clean', 'fetch-depth', 'fetch-tags', 'submodules'],
  ...['sparse-checkout', 'sparse-checkout-cone-mode', 'show-progress', 'set-safe-directory'],
  ...['token', 'persist-credentials', 'ssh-key', 'ssh-known-hosts', 'ssh-strict', 'ssh-user', 'lfs', 'filter'],
];

/**
 * Reads inputs, named in lower case and none of them blank, as actions/checkout reads them. `isHere`: whether a
 * repository and a ref are those at hand. Throws a `StepFailure` for what cannot be done.
 */
export function checkoutWish(
  inputs: ReadonlyMap<string, string>,
  isHere: (repository: string, ref: string) => { readonly repository: boolean; readonly ref: boolean },
): CheckoutWish {
  const path = inputs.get('path') ?? '';
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw new StepFailure('not-started', `the path "${path}" leads out of the workspace`);
  }
  if (says(inputs, 'lfs', false)) {
    throw new StepFailure('not-started', "the input 'lfs' is not there yet: files of Git LFS stay as they are at hand");
  }
  return {
    path: path.replaceAll(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, ''),
    clean: says(inputs, 'clean', true),
    request: requestOf(inputs, isHere),
    idle: [...inputs.keys()].filter((name) => !silent.includes(name)),
  };
}

function requestOf(inputs: ReadonlyMap<string, string>, isHere: Parameters<typeof checkoutWish>[1]): SourceRequest {
  const [repository = '', ref = ''] = [inputs.get('repository'), inputs.get('ref')];
  const here = isHere(repository, ref);
  const sparse = sparseOf(inputs);
  return {
    ...(here.repository ? {} : { repository }),
    ...((here.repository && here.ref) || ref === '' ? {} : { ref }),
    depth: depthOf(inputs.get('fetch-depth')),
    tags: says(inputs, 'fetch-tags', false),
    withRepository: true,
    submodules: submodulesOf(inputs.get('submodules') ?? ''),
    ...(sparse === undefined ? {} : { sparse }),
  };
}

/** What is no number of commits stands for all of them. */
function depthOf(text = '1'): number {
  const depth = Math.floor(Number(text));
  return depth > 0 ? depth : 0;
}

function submodulesOf(text: string): NonNullable<SourceRequest['submodules']> {
  const word = text.toLowerCase();
  return word === 'recursive' ? 'recursive' : word === 'true' ? 'own' : 'none';
}

function sparseOf(inputs: ReadonlyMap<string, string>): SourceRequest['sparse'] {
  const lines = (inputs.get('sparse-checkout') ?? '').split('\n').map((line) => line.trim());
  const patterns = lines.filter((line) => line !== '');
  return patterns.length === 0 ? undefined : { patterns, cone: says(inputs, 'sparse-checkout-cone-mode', true) };
}

function says(inputs: ReadonlyMap<string, string>, name: string, unsaid: boolean): boolean {
  const text = inputs.get(name);
  return text === undefined ? unsaid : text.toLowerCase() === 'true';
}
