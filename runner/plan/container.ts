import { evaluateTree, placeOfTree } from '../expression/tree.ts';
import { textOf } from '../expression/value.ts';
import type { ContainerOptions, PlannedContainer, PlannedService, Volume } from '../model/container.ts';
import type { PlanBounds, PlannedResources, PlannedStep } from '../model/plan.ts';
import type { Isolation, Json, Tree } from '../model/workflow.ts';
import { commandWords } from '../workflow/command-words.ts';
import { readContainerOptions } from '../workflow/github/container-options.ts';
import { readServicePort } from '../workflow/github/service-port.ts';
import { readVolume } from '../workflow/github/volume.ts';
import { enumerated, shown } from '../workflow/shown.ts';
import { attempt, type Setting } from './resolve.ts';
import { resourceProblems, stepResources } from './resources.ts';
import { entriesOf, treeOf } from './tree-entries.ts';

/** What containers of a job are planned against. */
export interface ContainerBounds extends Pick<PlanBounds, 'host' | 'whyNoImage'> {
  /** Level of the job's machines. */
  readonly isolation: Isolation;
}

const ofJob = ['image', 'env', 'options', 'ports', 'volumes', 'credentials'];
const ofService = [...ofJob, 'entrypoint', 'command'];

/** The container of a job's steps; `undefined` for none, and where a problem is told. */
export function planContainer(
  tree: Tree | undefined,
  bounds: ContainerBounds,
  setting: Setting,
): PlannedContainer | undefined {
  return tree === undefined ? undefined : new Reading("'container'", ofJob, bounds, setting).container(tree);
}

/** The services of a job, in the order of the file; one whose image is empty is none. */
export function planServices(tree: Tree | undefined, bounds: ContainerBounds, setting: Setting): PlannedService[] {
  const entries = tree === undefined ? undefined : entriesOf(tree, setting);
  if (tree !== undefined && entries === undefined) {
    setting.problems.push({ message: "'services' takes a map of names and containers", place: placeOfTree(tree) });
  }
  return [...(entries ?? [])].flatMap(([id, service]) => {
    if (!/^[A-Za-z_][\w-]*$/.test(id)) {
      const message = `the service '${id}': allowed are names of letters, digits, "_" and "-"`;
      setting.problems.push({ message, place: placeOfTree(service) });
      return [];
    }
    const container = new Reading(`the service '${id}'`, ofService, bounds, setting).container(service);
    return container === undefined ? [] : [{ id, container }];
  });
}

/** A step as it runs in its job's container. */
export function inContainer(step: PlannedStep, { image, options: { cpu, memory } }: PlannedContainer): PlannedStep {
  const resources: PlannedResources = {
    ...step.resources,
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    named: {
      ...step.resources.named,
      ...(cpu === undefined ? {} : { cpu: true }),
      ...(memory === undefined ? {} : { memory: true }),
    },
  };
  return { ...step, image, resources };
}

class Reading {
  readonly #what: string;
  readonly #keys: readonly string[];
  readonly #bounds: ContainerBounds;
  readonly #setting: Setting;

  constructor(what: string, keys: readonly string[], bounds: ContainerBounds, setting: Setting) {
    this.#what = what;
    this.#keys = keys;
    this.#bounds = bounds;
    this.#setting = setting;
  }

  container(tree: Tree): PlannedContainer | undefined {
    const value = tree.kind === 'map' ? tree : treeOf(this.#evaluate(tree), placeOfTree(tree));
    const fields = entriesOf(value, this.#setting) ?? new Map([['image', value]]);
    this.#checkKeys(fields);
    const image = this.#image(fields.get('image'));
    const options = this.#options(fields.get('options'));
    const volumes = this.#list(fields.get('volumes'), readVolume);
    const ports = this.#list(fields.get('ports'), readServicePort);
    const credentials = this.#credentials(fields.get('credentials'));
    const [entrypoint, command] = ['entrypoint', 'command'].map((key) => this.#words(fields.get(key)));
    const env = fields.get('env');
    if (image === undefined) {
      return undefined;
    }
    return {
      image: `docker://${image}`,
      env: env === undefined ? [] : [...(entriesOf(env, this.#setting) ?? [])],
      options,
      volumes: [...options.volumes, ...volumes.filter((each): each is Volume => 'path' in each)],
      ports,
      ...(credentials === undefined ? {} : { credentials }),
      ...(entrypoint === undefined ? {} : { entrypoint }),
      ...(command === undefined ? {} : { command }),
      place: placeOfTree(tree),
    };
  }

  #checkKeys(fields: ReadonlyMap<string, Tree>): void {
    for (const [key, value] of fields) {
      if (!this.#keys.includes(key)) {
        this.#tell(`unknown key '${key}' in ${this.#what}; allowed: ${enumerated(this.#keys)}`, value);
      }
    }
  }

  /** Its name, without `docker://`; nothing for an empty one, which is how an expression says that there is none. */
  #image(tree: Tree | undefined): string | undefined {
    const text = (tree === undefined ? '' : (this.#text(tree) ?? '')).trim().replace(/^docker:\/\//i, '');
    const problem = text === '' ? undefined : this.#bounds.whyNoImage?.(`docker://${text}`);
    if (tree !== undefined && problem !== undefined) {
      this.#tell(problem, tree);
    }
    return text === '' ? undefined : text;
  }

  #options(tree: Tree | undefined): ContainerOptions {
    const { options, problems } = readContainerOptions(tree === undefined ? '' : (this.#text(tree) ?? ''));
    if (tree === undefined) {
      return options;
    }
    for (const problem of problems) {
      this.#tell(`${this.#what}: ${problem}`, tree);
    }
    const { isolation, host } = this.#bounds;
    if (options.ownKernel !== undefined && isolation !== 'microvm') {
      const how = 'takes machines with a kernel of their own: run it with --isolation microvm';
      this.#tell(`${this.#what}: the option ${options.ownKernel} ${how}`, tree);
    }
    const asked = stepResources({}, resourcesOf(options));
    this.#setting.problems.push(...resourceProblems(asked, isolation, host, () => placeOfTree(tree)));
    return options;
  }

  #list<T>(tree: Tree | undefined, read: (text: string) => T | string): T[] {
    if (tree === undefined) {
      return [];
    }
    const items = tree.kind === 'list' ? tree.items : [tree];
    return items.flatMap((item) => {
      const value = this.#evaluate(item);
      const texts = value === undefined ? [] : [value].flat().map((each) => textOf(each as Json));
      return texts.flatMap((text) => {
        const found = read(text);
        if (typeof found !== 'string') {
          return [found];
        }
        this.#tell(`${this.#what}: ${found}`, item);
        return [];
      });
    });
  }

  #credentials(tree: Tree | undefined): PlannedContainer['credentials'] {
    const fields = tree === undefined ? undefined : entriesOf(tree, this.#setting);
    const [username, password] = [fields?.get('username'), fields?.get('password')];
    if (tree !== undefined && (username === undefined || password === undefined)) {
      this.#tell(`${this.#what}: 'credentials' takes 'username' and 'password'`, tree);
    }
    return username === undefined || password === undefined ? undefined : { username, password };
  }

  #words(tree: Tree | undefined): readonly string[] | undefined {
    const text = tree === undefined ? undefined : this.#text(tree);
    const words = text === undefined ? undefined : commandWords(text);
    if (tree !== undefined && text !== undefined && words === undefined) {
      this.#tell(`${this.#what}: ${shown(text)} opens a quote and never closes it`, tree);
    }
    return words;
  }

  #text(tree: Tree): string | undefined {
    const value = this.#evaluate(tree);
    if (typeof value === 'object' && value !== null) {
      this.#tell(`${this.#what}: found ${shown(value)}; allowed: a text`, tree);
      return undefined;
    }
    return value === undefined ? undefined : textOf(value);
  }

  #evaluate(tree: Tree): Json | undefined {
    return attempt(this.#setting, () => evaluateTree(tree, this.#setting.scope));
  }

  #tell(message: string, tree: Tree): void {
    this.#setting.problems.push({ message, place: placeOfTree(tree) });
  }
}

function resourcesOf({ cpu, memory }: ContainerOptions) {
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}
