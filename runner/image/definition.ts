import { z } from 'zod';
import { parseBytes } from '../workflow/quantity.ts';

/** A path inside the image: absolute, without `.` and `..` and doubled slashes. */
const inside = z
  .string()
  .max(1024)
  .regex(/^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/, 'expected an absolute path without `.` and `..`, such as /etc/hosts');

const mode = z.string().regex(/^[0-7]{3,4}$/, 'expected an octal mode in quotes, such as "755" or "1777"');
const debianPackage = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'expected the name of a Debian package');
const quantity = z.string().refine((text) => parseBytes(text) !== undefined, 'expected a size such as 64Mi or 1Gi');

const file = z
  .strictObject({
    path: inside.describe('where the file stands in the image; a folder when `from` is a glob'),
    from: z.string().min(1).optional().describe('file or glob of this host, relative to the folder of lightv.yaml'),
    content: z.string().optional(),
    link: z.string().min(1).optional().describe('target of a symbolic link'),
    mode: mode.optional(),
  })
  .refine(
    ({ from, content, link }) => [from, content, link].filter((source) => source !== undefined).length === 1,
    'expected exactly one of `from`, `content` and `link`',
  );

const npmPackage = z.strictObject({
  package: z
    .string()
    .regex(
      /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*@\d+\.\d+\.\d+(?:-[a-zA-Z0-9.-]+)?$/,
      'expected a package with its exact version, such as npm@10.9.4',
    ),
  into: inside.describe("folder that gets the package's files"),
  only: z.array(z.string().min(1)).optional().describe("globs of the package's files to take; all when left out"),
});

const linkedProgram = z.strictObject({
  program: inside.describe('a dynamic ELF program of the image'),
  loader: inside.describe('what starts it, such as /opt/tool/lib64/ld-linux-x86-64.so.2'),
  libraries: z.array(inside).min(1).describe('folders it takes its libraries from, before all others'),
});

const debian = z.strictObject({
  suite: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected the code name of a Debian release, such as bookworm'),
  packages: z.array(debianPackage).default([]),
});

const from = z
  .strictObject({
    debian: debian.optional().describe('a Debian system made with mmdebstrap; the base everything else is put on'),
    unpack: z.array(debianPackage).optional().describe('Debian packages unpacked without being installed'),
    npm: z.array(npmPackage).optional(),
    linked: z
      .array(linkedProgram)
      .optional()
      .describe(
        'programs made to use a loader and libraries of a fixed place, so that they run whatever a machine holds',
      ),
    applets: inside.optional().describe('a busybox in the image: a link is made for each of its applets'),
    folders: z
      .array(z.union([inside, z.strictObject({ path: inside, mode })], 'expected a path or {path, mode}'))
      .optional(),
    files: z.array(file).optional(),
  })
  .refine((sources) => Object.keys(sources).length > 0, 'expected at least one source of files');

/** The grammar of an image's `lightv.yaml`. */
export const definitionSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits, `.`, `_` and `-`, at most 64 of them'),
  version: z.string('expected text; put the version in quotes').min(1).max(128),
  runtime: z
    .enum(['linux', 'wasm', 'unikernel'])
    .refine((runtime) => runtime === 'linux', 'only `linux` is there yet')
    .default('linux'),
  from,
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string('expected text; put the value in quotes'))
    .default({})
    .describe('default environment of every step'),
  shells: z.array(inside).min(1).default(['/bin/sh']).describe('absolute paths, best first'),
  memory: quantity.optional().describe('what a machine gets when the pipeline names no memory'),
  minMemory: quantity.optional().describe('the least a microVM of this image boots with'),
});

/** An image's definition as its file says it, defaults filled in. */
export type ImageDefinition = z.infer<typeof definitionSchema>;
export type DefinedFile = z.infer<typeof file>;
export type NpmPackage = z.infer<typeof npmPackage>;
export type LinkedProgram = z.infer<typeof linkedProgram>;
export type DebianBase = z.infer<typeof debian>;

/** JSON Schema of `lightv.yaml`, for editors: what `lightv schema image` prints. */
export function imageJsonSchema(): object {
  const schema = z.toJSONSchema(definitionSchema, { io: 'input' });
  return { title: 'LightV image', ...schema };
}
