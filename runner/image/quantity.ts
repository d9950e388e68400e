const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Bytes of a size written as Kubernetes does (`64Mi`, `1.5Gi`), or `undefined` for text that is none. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(k|M|G|Ki|Mi|Gi)?$/.exec(text);
  const bytes = match === null ? 0 : Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? 0));
  return bytes > 0 ? bytes : undefined;
}
