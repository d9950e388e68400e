import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { HostFault, WrongInput } from '../host/fault.ts';
import { configFolder } from '../host/paths.ts';
import type { Problem } from '../model/problem.ts';
import { bytesAllowed, parseBytes } from '../workflow/quantity.ts';

const size = z
  .union([z.string(), z.number()])
  .refine((value) => parseBytes(value) !== undefined, { error: `expected ${bytesAllowed}` })
  .transform((value) => parseBytes(value) ?? 0);

const grammar = z.strictObject({
  /** What every guest with a network is given. */
  guest: z
    .strictObject({
      /** File of public certificates to trust; `false`: none, not even the host's. */
      ca: z.union([z.string(), z.literal(false)]).optional(),
      env: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  /** What runs may take of this machine at most. */
  budget: z.strictObject({ cpu: z.number().positive().optional(), memory: size.optional() }).optional(),
  /** Default level of steps that name none. */
  isolation: z.enum(['auto', 'microvm', 'gvisor', 'sandbox', 'wasm']).optional(),
  /** Other names for images: `{ubuntu-latest: debian}`. */
  images: z.record(z.string(), z.string()).optional(),
  /** Bytes all caches together may take. */
  cache: size.optional(),
  /** What may be kept of runs that failed, for `--rerun-failed`: bytes on disk and how many. */
  kept: z.strictObject({ size: size.optional(), runs: z.int().min(0).optional() }).optional(),
  /** Who we are to registries, by their host and port: `{ghcr.io: {username: me, password-file: /home/me/token}}`. */
  registries: z
    .record(
      z.string(),
      z
        .strictObject({
          username: z.string(),
          password: z.string().optional(),
          'password-file': z.string().optional(),
        })
        .refine(
          (entry) => (entry.password === undefined) !== (entry['password-file'] === undefined),
          'expected either `password` or `password-file`',
        ),
    )
    .optional(),
  /** Bytes that layers of pulled images may take in the cache. */
  layers: size.optional(),
});

/** The user's configuration; every field may be left out. Sizes are bytes. */
export type Config = z.output<typeof grammar>;

/** Reads `config.yaml` of the configuration folder. Missing: all defaults. Wrong: a `WrongInput` with places. */
export function readConfig(file = join(configFolder(), 'config.yaml')): Config {
  const text = readIfThere(file);
  return text === undefined ? {} : parseConfig(text, file);
}

export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    throw new WrongInput(
      document.errors.map((error) => ({
        message: error.message.split(' at line')[0] ?? error.message,
        place: place(error.pos[0]),
      })),
    );
  }
  const parsed = grammar.safeParse(document.toJS() ?? {});
  if (parsed.success) {
    return parsed.data;
  }
  const offsetOf = (path: readonly PropertyKey[]): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    return isNode(node) ? (node.range?.[0] ?? 0) : offsetOf(path.slice(0, -1));
  };
  throw new WrongInput(
    parsed.error.issues.map((issue): Problem => {
      const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
      return { message: `${where}${issue.message}`, place: place(offsetOf(issue.path)) };
    }),
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new HostFault(`read the configuration ${file}`, error);
  }
}
