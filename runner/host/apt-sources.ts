import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The host's own sources of a Debian release and its updates, as one text in deb822 form for a `.sources` file; empty when
 * the host has none of that release. Only entries with a `main` component count: other vendors use suites of the same name.
 */
export function sourcesOfRelease(release: string, folder = '/etc/apt'): string {
  const stanzas = [...sourceFiles(folder)].flatMap(({ path, text }) =>
    path.endsWith('.sources') ? deb822Stanzas(text) : oneLineStanzas(text),
  );
  return stanzas.flatMap((stanza) => narrowed(stanza, release)).join('\n');
}

type Stanza = ReadonlyMap<string, string>;

function* sourceFiles(folder: string): Generator<{ readonly path: string; readonly text: string }> {
  const parts = join(folder, 'sources.list.d');
  const names = existing(() => readdirSync(parts)) ?? [];
  const inParts = names.filter((name) => /\.(?:list|sources)$/.test(name)).sort();
  for (const path of [join(folder, 'sources.list'), ...inParts.map((name) => join(parts, name))]) {
    const text = existing(() => readFileSync(path, 'utf8'));
    if (text !== undefined) {
      yield { path, text };
    }
  }
}

function existing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Field names lower-case; a value's following lines keep their line ends, as a key block in `Signed-By` needs them. */
function deb822Stanzas(text: string): Stanza[] {
  const plain = text.replaceAll(/^#.*\n?/gm, '');
  return plain.split(/\n\s*\n/).map((stanza) => {
    const fields = [...stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)];
    return new Map(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value.trimEnd()]));
  });
}

function oneLineStanzas(text: string): Stanza[] {
  const pattern = /^[ \t]*deb[ \t]+(?:\[([^\]]*)\][ \t]*)?(\S+)[ \t]+(\S+)[ \t]+([^#\n]*)/gm;
  return [...text.matchAll(pattern)].map(([, options = '', uri = '', suite = '', components = '']) => {
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1];
    return new Map([
      ['types', 'deb'],
      ['uris', uri],
      ['suites', suite],
      ['components', components.trim()],
      ...(signedBy === undefined ? [] : ([['signed-by', signedBy]] as const)),
    ]);
  });
}

function narrowed(stanza: Stanza, release: string): string[] {
  const words = (field: string) => (stanza.get(field) ?? '').split(/\s+/).filter((word) => word !== '');
  const suites = words('suites').filter((suite) => suite === release || suite.startsWith(`${release}-`));
  const usable =
    words('types').includes('deb') && words('components').includes('main') && stanza.get('enabled') !== 'no';
  if (!usable || suites.length === 0) {
    return [];
  }
  const signedBy = stanza.get('signed-by');
  const lines = [
    'Types: deb',
    `URIs: ${words('uris').join(' ')}`,
    `Suites: ${suites.join(' ')}`,
    'Components: main',
    ...(signedBy === undefined ? [] : [`Signed-By:${signedBy.startsWith('\n') ? '' : ' '}${signedBy}`]),
  ];
  return [`${lines.join('\n')}\n`];
}
