import Table from 'cli-table3';
import { oneLine } from './one-line.ts';

const borders = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const lines = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];

/** Rows below a head in aligned columns without borders, for a person and for `awk` alike. */
export function columns(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const chars = Object.fromEntries([...borders, ...lines].map((name) => [name, '']));
  const table = new Table({
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push([...head], ...rows.map((row) => row.map((cell) => oneLine(`${cell}`))));
  const text = table.toString();
  return `${text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
