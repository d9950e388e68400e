import type { Isolation, Json, MachinePolicy, Network } from '../model/workflow.ts';
import { durationAllowed, parseDuration } from '../workflow/duration.ts';
import { imageAllowed, isImageReference, isolationNames, machineNames } from '../workflow/names.ts';
import { bytesAllowed, cpuAllowed, parseBytes, parseCpu } from '../workflow/quantity.ts';
import type { Reading } from './resolve.ts';

export const isolationReading: Reading<Isolation> = {
  read: (value) => isolationNames.find((name) => name === value),
  allowed: isolationNames.join(', '),
};

export const machineReading: Reading<MachinePolicy> = {
  read: (value) => machineNames.find((name) => name === value),
  allowed: machineNames.join(', '),
};

export const networkReading: Reading<Network> = {
  read: (value) => (value === 'none' || value === 'full' ? { kind: value } : undefined),
  allowed: 'none, full',
};

export const imageReading: Reading<string> = {
  read: (value) => (typeof value === 'string' && isImageReference(value) ? value : undefined),
  allowed: imageAllowed,
};

export const bytesReading: Reading<number> = {
  read: (value) => (isScalar(value) ? parseBytes(value) : undefined),
  allowed: bytesAllowed,
};

export const cpuReading: Reading<number> = {
  read: (value) => (isScalar(value) ? parseCpu(value) : undefined),
  allowed: cpuAllowed,
};

export const durationReading: Reading<number> = {
  read: (value) => (typeof value === 'string' ? parseDuration(value) : undefined),
  allowed: durationAllowed,
};

export const flagReading: Reading<boolean> = {
  read: (value) => {
    if (typeof value === 'boolean') {
      return value;
    }
    return value === 'true' ? true : value === 'false' ? false : undefined;
  },
  allowed: 'true, false',
};

export const countReading: Reading<number> = {
  read: (value) => {
    const count = isScalar(value) && value !== '' ? Number(value) : Number.NaN;
    return Number.isInteger(count) && count >= 1 && count <= 1000 ? count : undefined;
  },
  allowed: 'a whole number from 1 to 1000',
};

function isScalar(value: Json): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
