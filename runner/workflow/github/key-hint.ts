import type { DefinitionInfo } from '@actions/workflow-parser/templates/schema/definition-info';
import { DefinitionType } from '@actions/workflow-parser/templates/schema/definition-type';
import { MappingDefinition } from '@actions/workflow-parser/templates/schema/mapping-definition';
import type { MappingToken } from '@actions/workflow-parser/templates/tokens/index';
import { didYouMean } from '../../expression/nearest.ts';
import { enumerated } from '../shown.ts';

/** What stands behind the parser's word on an unknown key: the keys its map takes, and the nearest of them. */
export function keyHint(message: string, map: MappingToken | undefined): string {
  const key = /^Unexpected value '(.*)'$/s.exec(message)?.[1];
  const keys = map?.definitionInfo === undefined ? [] : keysOf(map.definitionInfo);
  return key === undefined || keys.length === 0 ? '' : `; allowed: ${enumerated(keys)}${didYouMean(key, keys)}`;
}

function keysOf(definition: DefinitionInfo): string[] {
  const maps = definition
    .getDefinitionsOfType(DefinitionType.Mapping)
    .filter((each) => each instanceof MappingDefinition);
  return [...new Set(maps.flatMap((each) => Object.keys(each.properties)))].sort();
}
