/** Keeps what apt says last, for the fault that its failure becomes. */
export class AptWords {
  readonly #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 500) {
      this.#lines.shift();
    }
  }

  /** What apt and dpkg call errors, else the end of what they said. */
  errors(): string {
    const errors = this.#lines.filter((line) => /^(?:E: |dpkg: error)/.test(line));
    const said = this.#lines.filter((line) => line.trim() !== '');
    return (errors.length > 0 ? errors : said).slice(-5).join('\n');
  }

  /** The first mirror that could not be reached, in apt's words; apt itself calls that a success. */
  unreached(): string | undefined {
    return this.#lines.find((line) => /^[WE]: Failed to fetch/.test(line))?.slice(3);
  }
}
