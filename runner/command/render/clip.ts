/** Cuts text without control characters to a number of terminal cells, with an ellipsis where something is missing. */
export function clip(text: string, cells: number): string {
  if (widthOf(text) <= cells) {
    return text;
  }
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > cells - 1) {
      break;
    }
    kept += character;
  }
  return cells > 0 ? `${kept}…` : '';
}

/** Cells a text takes at most: characters that some terminals draw wide count as two, combining marks as one. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  }
  return width;
}
