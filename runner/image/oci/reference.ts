/** Which image of which registry; see https://github.com/distribution/reference for the grammar. */
export interface OciReference {
  /** As the reference names it, `docker.io` where it names none: a host with its port where there is one. */
  readonly registry: string;
  /** `library/debian`. */
  readonly repository: string;
  /** `latest` where neither tag nor digest is given. */
  readonly tag?: string;
  /** `sha256:…`: wins over a tag. */
  readonly digest?: string;
}

/** What references to OCI images start with. */
export const ociPrefix = 'docker://';
export const dockerHub = 'docker.io';

const host =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagText = /^\w[\w.-]{0,127}$/;
const digestText = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const longestName = 255;

/** Reads `[host[:port]/]name[:tag][@digest]`, with or without `docker://`; a string says why it is none. */
export function parseOciReference(text: string): OciReference | string {
  const whole = text.startsWith(ociPrefix) ? text.slice(ociPrefix.length) : text;
  const [named = '', digest, ...more] = whole.split('@');
  if (more.length > 0 || (digest !== undefined && !digestText.test(digest))) {
    return 'behind the @ a digest is expected, sha256: and 64 hex digits';
  }
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const name = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagText.test(tag)) {
    return `"${tag}" is no tag; allowed: letters, digits, ".", "_" and "-", at most 128`;
  }
  const { registry, repository } = splitName(name);
  const wrong = nameProblem(registry, repository);
  if (wrong !== undefined) {
    return wrong;
  }
  const pinned = digest === undefined ? {} : { digest };
  const named_ = tag ?? (digest === undefined ? 'latest' : undefined);
  return { registry, repository, ...(named_ === undefined ? {} : { tag: named_ }), ...pinned };
}

/** The first part is a registry where it could be a host; the rest is Docker Hub's, whose own images are in `library`. */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (!/[.:A-Z]/.test(first) && first !== 'localhost') {
    return { registry: dockerHub, repository: slash < 0 ? `library/${name}` : name };
  }
  const rest = name.slice(slash + 1);
  if (first === dockerHub || first === 'index.docker.io') {
    return { registry: dockerHub, repository: rest.includes('/') ? rest : `library/${rest}` };
  }
  return { registry: first, repository: rest };
}

function nameProblem(registry: string, repository: string): string | undefined {
  if (!host.test(registry)) {
    return `"${registry}" is no host of a registry`;
  }
  if (repository.length > longestName || !repository.split('/').every((part) => component.test(part))) {
    return `"${repository}" is no name of an image; allowed: lower-case letters and digits, single ".", "_", "-" and "/" between them`;
  }
  return undefined;
}

/** A reference as text, complete. */
export function referenceText({ registry, repository, tag, digest }: OciReference): string {
  const behind = digest === undefined ? `:${tag}` : `@${digest}`;
  return `${registry}/${repository}${tag !== undefined && digest !== undefined ? `:${tag}` : ''}${behind}`;
}
