import { evaluateTemplate } from '../expression/evaluate.ts';
import { didYouMean } from '../expression/nearest.ts';
import type { PlanBounds } from '../model/plan.ts';
import type { Job, Json, Template } from '../model/workflow.ts';
import { enumerated } from '../workflow/shown.ts';
import { attempt, isTemplate, resolveText, type Setting } from './resolve.ts';

/** Labels every machine here has, which say nothing about its image. */
const neutral = new Set(['self-hosted', 'linux', process.arch === 'arm64' ? 'arm64' : 'x64']);

/** Images by the labels of GitHub's own machines. */
export const githubLabels: ReadonlyMap<string, string> = new Map([
  ['ubuntu-latest', 'debian'],
  ['ubuntu-24.04', 'debian'],
]);

/** The image that the labels of `runs-on` stand for; `undefined` for a job without them, and with a problem told. */
export function imageOfLabels(
  { runsOn }: Pick<Job, 'runsOn'>,
  { labels }: Pick<PlanBounds, 'labels'>,
  setting: Setting,
): string | undefined {
  if (runsOn === undefined) {
    return undefined;
  }
  const wanted = wantedLabels(runsOn, setting);
  const unknown = wanted.find(({ label }) => !neutral.has(label) && !labels.has(label));
  if (unknown !== undefined) {
    const known = [...labels.keys()];
    const message = `no image stands for the label '${unknown.label}'; there are ${enumerated(known)}${didYouMean(unknown.label, known)}; -P ${unknown.label}=IMAGE or the configuration names another`;
    setting.problems.push({ message, place: unknown.template.place });
    return undefined;
  }
  const images = wanted.flatMap(({ label }) => labels.get(label) ?? []);
  return images[0] ?? githubLabels.get('ubuntu-latest');
}

function wantedLabels(runsOn: readonly Template[] | Template, setting: Setting) {
  const named = (template: Template, value: Json) =>
    (Array.isArray(value) ? value : [value]).map((label) => ({ label: String(label).toLowerCase(), template }));
  if (isTemplate(runsOn as Template)) {
    const template = runsOn as Template;
    const value = attempt(setting, () => evaluateTemplate(template, setting.scope));
    return value === undefined ? [] : named(template, labelsOf(value));
  }
  return (runsOn as readonly Template[]).flatMap((template) => {
    const label = resolveText(template, setting);
    return label === undefined ? [] : named(template, label);
  });
}

/** An expression may give what the key itself takes: a label, a list, or `{group, labels}`. */
function labelsOf(value: Json): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'labels' in value
    ? (value as { readonly labels: Json }).labels
    : value;
}
