/** Significant digits of a number's text; GitHub's runner writes numbers with .NET's format `G15`. */
const digits = 15;

/** A number as GitHub writes it into text: 15 significant digits, from 1E+15 on and below 0.0001 with an exponent. */
export function numberText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) {
    return value === 0 ? '0' : String(value);
  }
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power > -5 && power < digits) {
    return String(Number(value.toPrecision(digits)));
  }
  const sign = power < 0 ? '-' : '+';
  return `${String(Number(mantissa))}E${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
