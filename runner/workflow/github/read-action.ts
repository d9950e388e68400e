import type { ActionDefinition, ActionInput, DockerRuns, JavaScriptRuns, OtherRuns } from '../../model/action.ts';
import type { Problem } from '../../model/problem.ts';
import { parseDocument } from '../document.ts';
import { Field } from '../field.ts';
import { FileGathering } from '../gather.ts';
import { inFileOrder } from '../problem-order.ts';
import { enumerated } from '../shown.ts';
import { actionExpressionProblems } from './action-expressions.ts';
import { type Gathering, namedAt, textAt } from './fields.ts';
import { readActionSteps } from './steps.ts';

/** Values of `runs.using` that exist; 12 and 16 are run on 20, as on GitHub. */
const nodes = new Map<string, 20 | 24>([
  ['node12', 20],
  ['node16', 20],
  ['node20', 20],
  ['node24', 24],
]);
const using = [...nodes.keys(), 'composite', 'docker'];

/** Reads an `action.yml`; `file` is the name that places carry. `action` is there when there are no problems. */
export function readAction(text: string, file: string): { action?: ActionDefinition; problems: Problem[] } {
  const { document, problems } = parseDocument(text, file, { lenient: true });
  if (document === undefined) {
    return { problems: inFileOrder(problems) };
  }
  const root = Field.root(document);
  const gathering: Gathering = new FileGathering();
  const runs = readRuns(root, gathering);
  const all = [...problems, ...gathering.problems, ...actionExpressionProblems(root)];
  if (runs === undefined || all.length > 0) {
    return { problems: inFileOrder(all) };
  }
  const inputs = (root.get('inputs')?.entries() ?? []).map(
    (input) => [input.key.toLowerCase(), readInput(input)] as const,
  );
  return { action: { name: root.get('name')?.text ?? file, inputs: new Map(inputs), runs }, problems: [] };
}

function readInput(field: Field): ActionInput {
  const preset = textAt(field.get('default'));
  const deprecation = field.get('deprecationMessage')?.text;
  return {
    ...(preset === undefined ? {} : { default: preset }),
    required: field.get('required')?.value === true,
    ...(deprecation === undefined ? {} : { deprecation }),
  };
}

function readRuns(root: Field, gathering: Gathering): ActionDefinition['runs'] | undefined {
  const runs = root.get('runs');
  const kind = runs?.get('using');
  if (runs === undefined || kind === undefined) {
    gathering.tell(runs ?? root, `the key 'runs.using' is missing; allowed: ${enumerated(using)}`);
    return undefined;
  }
  const node = nodes.get(kind.text.toLowerCase());
  if (node !== undefined) {
    return readJavaScript(runs, node, gathering);
  }
  if (kind.text.toLowerCase() === 'composite') {
    const outputs = (root.get('outputs')?.entries() ?? []).flatMap((output) => {
      const value = textAt(output.get('value'));
      return value === undefined ? [] : [[output.key, value] as const];
    });
    return { kind: 'composite', steps: compositeSteps(runs, gathering), outputs: new Map(outputs) };
  }
  if (kind.text.toLowerCase() === 'docker') {
    return readDocker(runs, gathering);
  }
  gathering.tell(kind, `'using': found '${kind.text}'; allowed: ${enumerated(using)}`);
  return undefined;
}

/** An image that has to be built first is none yet. */
function readDocker(runs: Field, gathering: Gathering): DockerRuns | OtherRuns {
  const image = runs.get('image')?.text ?? '';
  if (image === '') {
    const message = "the key 'image' is missing; it takes docker://image";
    gathering.problems.push({ message, place: runs.keyPlace });
  }
  if (!image.startsWith('docker://')) {
    return { kind: 'other', why: `is built from its ${image}, and images cannot be built yet` };
  }
  const [main, pre, post] = ['entrypoint', 'pre-entrypoint', 'post-entrypoint'].map((key) => runs.get(key)?.text);
  const [preIf, postIf] = ['pre-if', 'post-if'].map((key) => textAt(runs.get(key)));
  return {
    kind: 'docker',
    image: image.slice('docker://'.length),
    args: (runs.get('args')?.items() ?? []).map((item) => item.template),
    env: namedAt(runs.get('env')),
    ...(main === undefined || main === '' ? {} : { main }),
    ...(pre === undefined ? {} : { pre }),
    ...(preIf === undefined ? {} : { preIf }),
    ...(post === undefined ? {} : { post }),
    ...(postIf === undefined ? {} : { postIf }),
  };
}

function readJavaScript(runs: Field, node: 20 | 24, gathering: Gathering): JavaScriptRuns {
  const main = runs.get('main');
  if (main === undefined || main.text === '') {
    gathering.problems.push({
      message: "the key 'main' is missing; it takes the path of a script",
      place: runs.keyPlace,
    });
  }
  const named = namedAt(runs);
  const path = (key: string) => named.get(key)?.text;
  const [pre, post, preIf, postIf] = [path('pre'), path('post'), named.get('pre-if'), named.get('post-if')];
  return {
    kind: 'javascript',
    node,
    main: main?.text ?? '',
    ...(pre === undefined ? {} : { pre }),
    ...(preIf === undefined ? {} : { preIf }),
    ...(post === undefined ? {} : { post }),
    ...(postIf === undefined ? {} : { postIf }),
  };
}

/** There is no default of a shell inside an action. */
function compositeSteps(runs: Field, gathering: Gathering) {
  const steps = runs.get('steps');
  for (const step of steps?.items() ?? []) {
    if (step.get('run') !== undefined && step.get('shell') === undefined) {
      gathering.problems.push({
        message: "the key 'shell' is missing; a script of an action names its shell",
        place: step.place,
      });
    }
  }
  return readActionSteps(steps, gathering);
}
