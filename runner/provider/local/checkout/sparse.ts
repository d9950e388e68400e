import picomatch from 'picomatch';

/** Which paths of a repository a checkout takes; see git-sparse-checkout(1). */
export interface Sparse {
  readonly patterns: readonly string[];
  /** The patterns are folders: each comes with all below it, and with the files beside it and above it. */
  readonly cone: boolean;
}

/** Whether a file is in a sparse checkout, as git itself decides it. */
export function sparseFilter({ patterns, cone }: Sparse): (path: string) => boolean {
  return cone ? inCone(patterns) : byPatterns(patterns);
}

/** The lines of `.git/info/sparse-checkout`. */
export function sparseLines({ patterns, cone }: Sparse): readonly string[] {
  if (!cone) {
    return patterns;
  }
  const folders = foldersOf(patterns);
  const parents = [...new Set(folders.flatMap(parentsOf))].filter((parent) => !folders.includes(parent)).sort();
  const above = parents.flatMap((parent) => [`/${parent}/`, `!/${parent}/*/`]);
  return ['/*', '!/*/', ...above, ...folders.map((folder) => `/${folder}/`)];
}

function inCone(patterns: readonly string[]): (path: string) => boolean {
  const folders = foldersOf(patterns);
  const beside = new Set(['', ...folders.flatMap(parentsOf)]);
  return (path) => {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    return beside.has(folder) || folders.some((each) => folder === each || folder.startsWith(`${each}/`));
  };
}

function foldersOf(patterns: readonly string[]): readonly string[] {
  const names = patterns.map((pattern) => pattern.replaceAll(/^\/+|\/+$/g, '')).filter((name) => name !== '');
  return [...new Set(names)].sort();
}

function parentsOf(folder: string): string[] {
  const parts = folder.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** The last pattern that fits decides; where none does, what is decided of the folder. */
function byPatterns(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.map(ruleOf).reverse();
  const decide = (path: string, isFolder: boolean): boolean => {
    const rule = rules.find(({ fits, onlyFolders }) => (isFolder || !onlyFolders) && fits(path));
    if (rule !== undefined) {
      return rule.takes;
    }
    const slash = path.lastIndexOf('/');
    return slash === -1 ? false : decide(path.slice(0, slash), true);
  };
  return (path) => decide(path, false);
}

/** A pattern of gitignore(5). */
function ruleOf(pattern: string) {
  const takes = !pattern.startsWith('!');
  const text = takes ? pattern : pattern.slice(1);
  const onlyFolders = text.endsWith('/');
  const bare = onlyFolders ? text.slice(0, -1) : text;
  const anchored = bare.includes('/');
  // Of a folder, `**` takes what is in it and not the folder.
  const inner = bare.replace(/\/\*\*$/, '/**/*');
  const glob = anchored ? inner.replace(/^\//, '') : `**/${inner}`;
  const fits = picomatch(glob, { dot: true, nobrace: true, noextglob: true, nonegate: true });
  return { takes, onlyFolders, fits };
}
