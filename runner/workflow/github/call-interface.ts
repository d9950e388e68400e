import { holdsExpression } from '../../expression/split.ts';
import type { CallInput, CallInterface, InputType } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { type Gathering, textAt } from './fields.ts';

const presets: { readonly [T in InputType]: boolean | number | string } = { string: '', boolean: false, number: 0 };

/** What stands below `on.workflow_call`; `undefined` for a workflow that cannot be called. */
export function readCallInterface(on: Field | undefined, gathering: Gathering): CallInterface | undefined {
  const trigger = on?.isMap ? on.get('workflow_call') : undefined;
  if (trigger === undefined) {
    const named = on !== undefined && !on.isMap && on.oneOrMany().some(({ text }) => text === 'workflow_call');
    return named ? { inputs: [], secrets: [], outputs: new Map() } : undefined;
  }
  const outputs = trigger.get('outputs')?.entries() ?? [];
  return {
    inputs: (trigger.get('inputs')?.entries() ?? []).map((input) => readInput(input, gathering)),
    secrets: (trigger.get('secrets')?.entries() ?? []).map((secret) => ({
      name: secret.key,
      required: secret.get('required')?.value === true,
    })),
    outputs: new Map(
      outputs.flatMap((output) => {
        const value = textAt(output.get('value'));
        return value === undefined ? [] : [[output.key, value] as const];
      }),
    ),
  };
}

function readInput(field: Field, gathering: Gathering): CallInput {
  const named = field.get('type')?.text;
  const type: InputType = named === 'boolean' || named === 'number' ? named : 'string';
  const preset = field.get('default');
  const required = field.get('required')?.value === true;
  const head = { name: field.key, type, required };
  if (preset === undefined) {
    return { ...head, default: presets[type] };
  }
  if (typeof preset.value === 'string' && holdsExpression(preset.value)) {
    return { ...head, default: preset.template };
  }
  // GitHub's own parser looks at the other types.
  if (type === 'number' && typeof preset.value !== 'number') {
    gathering.tell(preset, `'default': found '${preset.text}'; allowed: a number, as the type says`);
  }
  const { value } = preset;
  return { ...head, default: typeof value === 'number' || typeof value === 'boolean' ? value : preset.text };
}
