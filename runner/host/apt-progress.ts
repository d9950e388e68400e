/**
 * Makes of what apt prints in English the few lines a person wants: what is downloaded and how big it is, how far it is,
 * and apt's warnings. Errors, and mirrors that cannot be reached, are left to the fault that apt's end becomes.
 */
export function aptProgress(tell: (line: string) => void): (line: string) => void {
  const seen = { packages: 0, downloaded: 0, installing: false, waiting: false };
  return (line) => {
    const packages = /(\d+) newly installed/.exec(line)?.[1];
    const size = /^Need to get (\S+ [^\s/]+)(?:\/\S+ \S+)? of archives/.exec(line)?.[1];
    if (packages !== undefined) {
      seen.packages = Number(packages);
    } else if (size !== undefined) {
      tell(`downloading ${counted(seen.packages)}, ${size}`);
    } else if (line.startsWith('Get:') && line.endsWith(']')) {
      downloaded(line, seen, tell);
    } else if (line.startsWith('Unpacking ') && !seen.installing) {
      seen.installing = true;
      tell(`installing ${counted(seen.packages)}`);
    } else if (line.startsWith('Waiting for cache lock') && !seen.waiting) {
      seen.waiting = true;
      tell('waiting for another apt to end');
    } else if (/^W: (?!Failed to fetch|Some index files)/.test(line)) {
      tell(`apt: ${line.slice(3)}`);
    }
  };
}

/** Of many packages every quarter is told, of a single one its name; an index is not told. */
function downloaded(line: string, seen: { packages: number; downloaded: number }, tell: (line: string) => void): void {
  const [name, size] = /^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \[(.+)\]$/.exec(line)?.slice(1) ?? [];
  if (name === undefined) {
    return;
  }
  if (seen.packages === 0) {
    tell(`downloading ${name} (${size})`);
    return;
  }
  seen.downloaded += 1;
  const quarter = (count: number) => Math.floor((count * 4) / seen.packages);
  if (seen.packages >= 20 && quarter(seen.downloaded) > quarter(seen.downloaded - 1)) {
    tell(`downloaded ${seen.downloaded} of ${seen.packages}`);
  }
}

function counted(packages: number): string {
  return packages === 1 ? 'a Debian package' : `${packages} Debian packages`;
}
