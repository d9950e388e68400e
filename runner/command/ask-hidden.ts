import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Interrupted } from './report-error.ts';

/** Asks for a secret on the terminal without showing it. Rejects with `Interrupted` on Ctrl-C or the end of input. */
export async function askHidden(name: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // First: from here on the terminal does not show what is typed.
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(`value of the secret ${name}: `);
  try {
    return await new Promise<string>((resolve, reject) => {
      const given = () => reject(new Interrupted());
      lines.once('line', resolve).once('SIGINT', given).once('close', given);
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
