import { didYouMean } from '../expression/nearest.ts';
import { holdsExpression } from '../expression/split.ts';
import { evaluateTree, placeOfTree } from '../expression/tree.ts';
import { textOf } from '../expression/value.ts';
import type { PlanBounds } from '../model/plan.ts';
import type { Place } from '../model/problem.ts';
import type { Job, Json, Tree } from '../model/workflow.ts';
import { enumerated, shown } from '../workflow/shown.ts';
import { attempt, type Setting } from './resolve.ts';

/** Labels every machine here has, which say nothing about its image. */
const neutral = new Set(['self-hosted', 'linux', process.arch === 'arm64' ? 'arm64' : 'x64']);

/** Images by the labels of GitHub's own machines. */
export const githubLabels: ReadonlyMap<string, string> = new Map([
  ['ubuntu-latest', 'debian'],
  ['ubuntu-24.04', 'debian'],
]);

/** A label, or the name of a group, with its place. */
interface Wanted {
  readonly label: string;
  readonly place: Place;
  /** A group says where a job may run; only one that is known says what it looks like there. */
  readonly group?: boolean;
}

/** The image that the labels of `runs-on` stand for; `undefined` for a job without them, and with a problem told. */
export function imageOfLabels(
  { runsOn }: Pick<Job, 'runsOn'>,
  { labels }: Pick<PlanBounds, 'labels'>,
  setting: Setting,
): string | undefined {
  if (runsOn === undefined) {
    return undefined;
  }
  const told = setting.problems.length;
  const wanted = wantedOf(runsOn, setting);
  const unknown = wanted.find(({ label, group }) => group !== true && !neutral.has(label) && !labels.has(label));
  if (unknown !== undefined) {
    const known = [...labels.keys()];
    const message = `no image stands for the label '${unknown.label}'; there are ${enumerated(known)}${didYouMean(unknown.label, known)}; -P ${unknown.label}=IMAGE or the configuration names another`;
    setting.problems.push({ message, place: unknown.place });
  }
  const images = wanted.flatMap(({ label }) => labels.get(label) ?? []);
  return setting.problems.length > told ? undefined : (images[0] ?? githubLabels.get('ubuntu-latest'));
}

function wantedOf(tree: Tree, setting: Setting): Wanted[] {
  if (tree.kind === 'list') {
    return tree.items.flatMap((item) => wantedOf(item, setting));
  }
  if (tree.kind === 'map' && !tree.entries.some(({ key }) => holdsExpression(key.text))) {
    return tree.entries.flatMap(({ key, value }) =>
      wantedOf(value, setting).map((wanted) => (key.text === 'group' ? { ...wanted, group: true } : wanted)),
    );
  }
  const value = attempt(setting, () => evaluateTree(tree, setting.scope));
  return value === undefined ? [] : named(value, placeOfTree(tree), setting);
}

/** An expression may give what the key itself takes: a label, a list, or `{group, labels}`. */
function named(value: Json, place: Place, setting: Setting): Wanted[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Json) => named(item, place, setting));
  }
  if (typeof value === 'object' && value !== null) {
    const { group, labels = [] } = value as { readonly group?: Json; readonly labels?: Json };
    const groups = group === undefined ? [] : named(group, place, setting);
    return [...groups.map((wanted) => ({ ...wanted, group: true })), ...named(labels, place, setting)];
  }
  const label = textOf(value).trim().toLowerCase();
  if (label === '') {
    setting.problems.push({ message: `'runs-on' gave ${shown(value)}; allowed: a label, or a list of labels`, place });
  }
  return label === '' ? [] : [{ label, place }];
}
