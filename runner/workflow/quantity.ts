const number = /^(\d+(?:\.\d+)?|\.\d+)([A-Za-z]*)$/;

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** What `parseBytes` takes, in words. */
export const bytesAllowed = 'a size such as 64Mi, 1.5Gi or 500M (units Ki Mi Gi Ti, k M G T, or none for bytes)';
/** What `parseCpu` takes, in words. */
export const cpuAllowed = 'a number of CPUs such as 2, 0.5 or 500m';

/** Bytes of a size as Kubernetes writes it, rounded up, at least 1; `undefined` when it is none. */
export function parseBytes(text: string | number): number | undefined {
  const [, digits, unit = ''] = number.exec(String(text)) ?? [];
  const factor = Object.hasOwn(byteUnits, unit) ? byteUnits[unit] : undefined;
  if (digits === undefined || factor === undefined) {
    return undefined;
  }
  const bytes = Math.ceil(Number(digits) * factor);
  return bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER ? bytes : undefined;
}

/** CPUs as Kubernetes writes them (`0.5`, `500m`), at least 0.001; `undefined` when it is none. */
export function parseCpu(text: string | number): number | undefined {
  const [, digits, unit] = number.exec(String(text)) ?? [];
  if (digits === undefined || (unit !== '' && unit !== 'm')) {
    return undefined;
  }
  const cpus = unit === 'm' ? Number(digits) / 1000 : Number(digits);
  return cpus >= 0.001 && cpus <= 65_536 ? cpus : undefined;
}

/** Bytes as a person reads them, in the largest binary unit that keeps it exact or one decimal: `512Mi`, `1.5Gi`. */
export function bytesText(bytes: number): string {
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const value = bytes / (byteUnits[unit] ?? 1);
    if (value >= 1) {
      return `${Math.round(value * 10) / 10}${unit}`;
    }
  }
  return `${bytes} bytes`;
}
