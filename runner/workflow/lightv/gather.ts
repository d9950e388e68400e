import type { FileGathering, GatheredText as Text } from '../gather.ts';
import type { KeyKind } from './availability.ts';

export type Gathering = FileGathering<KeyKind>;
export type GatheredText = Text<KeyKind>;
