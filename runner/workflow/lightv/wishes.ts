import { didYouMean } from '../../expression/nearest.ts';
import { holdsExpression } from '../../expression/split.ts';
import type { Place } from '../../model/problem.ts';
import type { Isolation, MachineWishes, Maybe, Network, Template } from '../../model/workflow.ts';
import { durationAllowed, parseDuration } from '../duration.ts';
import type { Field } from '../field.ts';
import { imageAllowed, isImageReference, isolationNames, shippedImages } from '../names.ts';
import { bytesAllowed, cpuAllowed, parseBytes, parseCpu } from '../quantity.ts';
import type { Gathering } from './gather.ts';

/** What a job, a step or the defaults ask of a machine. */
export function readWishes(field: Field, gathering: Gathering): MachineWishes {
  const image = readImage(field.get('image'), gathering);
  const isolation = gathering.maybe<Isolation>(
    field.get('isolation'),
    'machine',
    ({ text }) => isolationNames.find((name) => name === text),
    isolationNames.join(', '),
  );
  const network = readNetwork(field.get('network'), gathering);
  const resources = readResources(field.get('resources'), gathering);
  const timeout = readDuration(field.get('timeout'), gathering);
  const places = placesOf(field);
  return {
    ...(image === undefined ? {} : { image }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(network === undefined ? {} : { network }),
    ...(resources === undefined ? {} : { resources }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(places.size === 0 ? {} : { places }),
  };
}

/** A job's wishes with the file's defaults below them; resources are taken one by one. */
export function overDefaults(job: MachineWishes, defaults: MachineWishes): MachineWishes {
  const resources = { ...defaults.resources, ...job.resources };
  const places = new Map([...(defaults.places ?? []), ...(job.places ?? [])]);
  return { ...defaults, ...job, resources, places };
}

export function readDuration(field: Field | undefined, gathering: Gathering, least = 1): Maybe<number> | undefined {
  const read = ({ text }: Field) => {
    const milliseconds = parseDuration(text);
    return milliseconds !== undefined && milliseconds >= least ? milliseconds : undefined;
  };
  return gathering.maybe(field, 'machine', read, least === 0 ? durationAllowed : `${durationAllowed}, above zero`);
}

function readImage(field: Field | undefined, gathering: Gathering): Template | undefined {
  if (field === undefined) {
    return undefined;
  }
  const { text } = field;
  if (!holdsExpression(text) && !isImageReference(text)) {
    gathering.tell(field, `unknown image '${text}'; allowed: ${imageAllowed}${didYouMean(text, shippedImages)}`);
  }
  return gathering.text(field, 'machine');
}

function readNetwork(field: Field | undefined, gathering: Gathering): Maybe<Network> | undefined {
  const allow = field?.get('allow');
  if (allow !== undefined) {
    gathering.problems.push({
      message: 'a network with a list of allowed hosts is not there yet; allowed for now: none, full',
      place: allow.keyPlace,
    });
    return { kind: 'allow', hosts: allow.items().map((host) => host.text) };
  }
  const read = ({ text }: Field): Network | undefined =>
    text === 'none' || text === 'full' ? { kind: text } : undefined;
  return gathering.maybe(field, 'machine', read, 'none, full');
}

function readResources(field: Field | undefined, gathering: Gathering): MachineWishes['resources'] {
  if (field === undefined) {
    return undefined;
  }
  const bytes = (key: string) =>
    gathering.maybe(field.get(key), 'machine', ({ text }) => parseBytes(text), bytesAllowed);
  const cpu = gathering.maybe(field.get('cpu'), 'machine', ({ text }) => parseCpu(text), cpuAllowed);
  const memory = bytes('memory');
  const disk = bytes('disk');
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(disk === undefined ? {} : { disk }),
  };
}

function placesOf(field: Field): Map<string, Place> {
  const own = ['image', 'isolation', 'network', 'timeout'].flatMap((key) => field.get(key) ?? []);
  const parts = field.get('resources')?.entries() ?? [];
  return new Map([
    ...own.map((entry) => [entry.key, entry.place] as const),
    ...parts.map((entry) => [`resources.${entry.key}`, entry.place] as const),
  ]);
}
