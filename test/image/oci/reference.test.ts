import test from 'ava';
import { parseOciReference, referenceText } from '../../../runner/image/oci/reference.ts';

const sha = `sha256:${'0a'.repeat(32)}`;

const complete: readonly (readonly [string, string])[] = [
  ['debian', 'docker.io/library/debian:latest'],
  ['docker://debian:12', 'docker.io/library/debian:12'],
  ['octo/tool:v1.2_3-x', 'docker.io/octo/tool:v1.2_3-x'],
  ['docker.io/debian', 'docker.io/library/debian:latest'],
  ['index.docker.io/octo/tool', 'docker.io/octo/tool:latest'],
  ['ghcr.io/octo/cat/tool:1', 'ghcr.io/octo/cat/tool:1'],
  ['localhost/tool', 'localhost/tool:latest'],
  ['localhost:5000/tool', 'localhost:5000/tool:latest'],
  ['localhost:5000/tool:2', 'localhost:5000/tool:2'],
  ['[::1]:5000/tool:2', '[::1]:5000/tool:2'],
  ['registry.example:443/a__b/c-d/e.f:1', 'registry.example:443/a__b/c-d/e.f:1'],
  [`debian@${sha}`, `docker.io/library/debian@${sha}`],
  [`ghcr.io/octo/tool:1@${sha}`, `ghcr.io/octo/tool:1@${sha}`],
];

for (const [text, whole] of complete) {
  test(`${text} is ${whole}`, (t) => {
    const found = parseOciReference(text);
    t.is(typeof found === 'string' ? found : referenceText(found), whole);
    t.deepEqual(parseOciReference(whole), found, 'and the whole is the same');
  });
}

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /is no name of an image/],
  ['docker://', /is no name of an image/],
  ['Debian', /is no name of an image/],
  ['octo//tool', /is no name of an image/],
  ['../tool', /is no host of a registry/],
  ['tool-', /is no name of an image/],
  ['tool:', /is no tag/],
  ['tool:a/b:c d', /is no name|is no tag/],
  ['tool:.hidden', /is no tag/],
  ['tool@sha256:abc', /a digest is expected/],
  [`tool@${sha}@${sha}`, /a digest is expected/],
  ['user@host/tool', /a digest is expected/],
  ['ghcr.io:port/tool', /is no host of a registry/],
  ['a.b/../../etc', /is no name of an image/],
  ['exa mple.com/tool', /is no host/],
  [`ghcr.io/${'a'.repeat(300)}`, /is no name of an image/],
];

for (const [text, why] of wrong) {
  test(`"${text.slice(0, 40)}" is refused`, (t) => {
    const found = parseOciReference(text);
    t.is(typeof found, 'string');
    t.regex(String(found), why);
  });
}
