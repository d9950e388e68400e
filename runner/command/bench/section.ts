import { median, medianRatio, type Timed } from './measure.ts';

/** One part of the bench's report. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** Something of it could not be measured; its lines say what and why. */
  readonly incomplete?: boolean;
}

/** The first contender's median beside each other's, with the ratio taken turn by turn. */
export function compared(title: string, timed: readonly Timed[]): Section {
  const [first, ...others] = timed;
  if (first === undefined) {
    return { title, lines: [] };
  }
  return {
    title,
    lines: [
      `${column(first.name)} ${milliseconds(median(first.turns))}   median of ${first.turns.length}`,
      ...others.map(
        (other) =>
          `${column(other.name)} ${milliseconds(median(other.turns))}   ratio ${medianRatio(first, other).toFixed(2)}`,
      ),
    ],
  };
}

/** A figure in a section's own columns. */
export function figure(name: string, value: string): string {
  return `${column(name)} ${value.padStart(12)}`;
}

export function showSection(section: Section): string {
  return [section.title, ...section.lines.map((line) => `  ${line}`), ''].join('\n');
}

function column(name: string): string {
  return name.padEnd(44);
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`.padStart(12);
}
