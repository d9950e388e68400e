import { evaluateTemplate } from '../expression/evaluate.ts';
import type { Job, Json, Maybe, Tree } from '../model/workflow.ts';
import { shown } from '../workflow/shown.ts';
import { attempt, isTemplate, type Setting } from './resolve.ts';

interface GivenStrategy {
  readonly matrix?: Tree;
  readonly failFast?: Maybe<boolean>;
  readonly maxParallel?: Maybe<number>;
}

const keys = ['matrix', 'fail-fast', 'max-parallel'];

/** A job's strategy; one that an expression gives is evaluated. Empty, with a problem told, where that fails. */
export function resolveStrategy(strategy: Job['strategy'], setting: Setting): GivenStrategy {
  if (strategy === undefined || !isTemplate(strategy)) {
    return strategy ?? {};
  }
  const { place } = strategy;
  const value = attempt(setting, () => evaluateTemplate(strategy, setting.scope));
  if (value === undefined || value === null || value === '') {
    return {};
  }
  const tell = (message: string) => void setting.problems.push({ message, place });
  if (typeof value !== 'object' || Array.isArray(value)) {
    tell(`the strategy must be an object; the expression gave ${shown(value)}`);
    return {};
  }
  const given = value as { readonly [key: string]: Json };
  const unknown = Object.keys(given).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    tell(`the expression gave a strategy with the key '${unknown}'; allowed: ${keys.join(', ')}`);
  }
  const { matrix, 'fail-fast': failFast, 'max-parallel': maxParallel } = given;
  if (failFast !== undefined && typeof failFast !== 'boolean') {
    tell(`the strategy's fail-fast must be true or false; the expression gave ${shown(failFast)}`);
  }
  if (maxParallel !== undefined && typeof maxParallel !== 'number') {
    tell(`the strategy's max-parallel must be a number; the expression gave ${shown(maxParallel)}`);
  }
  return {
    ...(matrix === undefined ? {} : { matrix: { kind: 'value', value: matrix, place } }),
    ...(typeof failFast === 'boolean' ? { failFast } : {}),
    ...(typeof maxParallel === 'number' ? { maxParallel } : {}),
  };
}
