import { placeInside } from '../../expression/place.ts';
import { holdsExpression } from '../../expression/split.ts';
import type { ArtifactSpec, CacheSpec, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { globFault } from '../glob.ts';
import { artifactNameFault } from '../names.ts';
import type { KeyKind } from './availability.ts';
import type { Gathering } from './gather.ts';

/** The artifacts of a job or a step. */
export function readArtifacts(field: Field | undefined, kind: KeyKind, gathering: Gathering): ArtifactSpec[] {
  return (field?.oneOrMany() ?? []).flatMap((entry) => {
    const nameField = entry.get('name');
    const pathField = entry.get('path');
    if (nameField === undefined || pathField === undefined) {
      return [];
    }
    const name = gathering.text(nameField, kind);
    const fault = holdsExpression(name.text) ? undefined : artifactNameFault(name.text);
    if (fault !== undefined) {
      gathering.tell(nameField, `the artifact name '${name.text}' ${fault}`);
    }
    return [
      {
        name,
        path: readGlobs(pathField, kind, gathering),
        when: (entry.get('when')?.text ?? 'success') as ArtifactSpec['when'],
        ifMissing: (entry.get('if-missing')?.text ?? 'warn') as ArtifactSpec['ifMissing'],
      },
    ];
  });
}

export function readCaches(field: Field | undefined, gathering: Gathering): CacheSpec[] {
  return (field?.oneOrMany() ?? []).flatMap((entry) => {
    const key = entry.get('key');
    const paths = entry.get('paths');
    if (key === undefined || paths === undefined) {
      return [];
    }
    return [
      {
        key: gathering.text(key, 'cache'),
        restoreKeys: gathering.textsOf(entry.get('restore-keys'), 'cache').flatMap(linesOf),
        paths: gathering.textsOf(paths, 'cache').flatMap(linesOf),
      },
    ];
  });
}

function readGlobs(field: Field, kind: KeyKind, gathering: Gathering): Template[] {
  const globs = gathering.textsOf(field, kind).flatMap(linesOf);
  const known = globs.filter((glob) => !holdsExpression(glob.text));
  for (const glob of known) {
    const fault = globFault(glob.text);
    if (fault !== undefined) {
      gathering.problems.push({ message: `the path '${glob.text}' ${fault}`, place: glob.place });
    }
  }
  if (globs.length === 0) {
    gathering.tell(field, 'found no path; an artifact has at least one');
  } else if (known.length === globs.length && globs.every((glob) => glob.text.startsWith('!'))) {
    gathering.tell(field, 'every path takes files out; at least one must name files to keep');
  }
  return globs;
}

/** Each line of a text that holds more than blanks, as a text of its own. */
function linesOf(template: Template): Template[] {
  let offset = 0;
  return template.text.split('\n').flatMap((line) => {
    const start = offset + (line.length - line.trimStart().length);
    offset += line.length + 1;
    const text = line.trim();
    return text === '' ? [] : [{ text, place: placeInside(template, start, text.length) }];
  });
}
