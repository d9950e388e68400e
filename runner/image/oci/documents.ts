import { z } from 'zod';

/** Where a blob is told of: its digest and its exact size. */
const descriptor = z.object({
  mediaType: z.string().max(255).default(''),
  digest: z.string().regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, 'expected a digest'),
  size: z.int().min(0),
});

export type Descriptor = z.infer<typeof descriptor>;

const platform = z.object({
  architecture: z.string().default(''),
  os: z.string().default(''),
  variant: z.string().optional(),
});

export type Platform = z.infer<typeof platform>;

/** An OCI index or a Docker manifest list. */
const index = z.object({ manifests: z.array(descriptor.extend({ platform: platform.optional() })).max(1024) });

/** An OCI manifest or a Docker one, schema 2. */
const manifest = z.object({ config: descriptor, layers: z.array(descriptor).max(512) });

export type OciIndex = z.infer<typeof index>;
export type OciManifest = z.infer<typeof manifest>;

const words = z.array(z.string().max(128 * 1024)).nullish();
const keys = z.record(z.string(), z.unknown()).nullish();
/** Nanoseconds, as Docker writes times. */
const nanoseconds = z.number().min(0).nullish();

/** The configuration of an image, https://github.com/opencontainers/image-spec/blob/main/config.md, with Docker's health check. */
const config = z.object({
  architecture: z.string().default(''),
  os: z.string().default(''),
  variant: z.string().optional(),
  config: z
    .object({
      Env: words,
      Entrypoint: words,
      Cmd: words,
      User: z.string().nullish(),
      WorkingDir: z.string().nullish(),
      ExposedPorts: keys,
      Volumes: keys,
      Healthcheck: z
        .object({
          Test: words,
          Interval: nanoseconds,
          Timeout: nanoseconds,
          StartPeriod: nanoseconds,
          Retries: z.int().min(0).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(descriptor.shape.digest) }),
});

export type OciConfig = z.infer<typeof config>;

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** What a registry is told we read. */
export const acceptedManifests = [...indexTypes, ...manifestTypes].join(', ');

/** What stands at a manifest's address; a string says why it is nothing to us. */
export function readManifestDocument(
  text: Uint8Array,
  contentType: string,
):
  | { readonly kind: 'index'; readonly index: OciIndex }
  | { readonly kind: 'manifest'; readonly manifest: OciManifest }
  | string {
  const value = parse(text);
  if (typeof value === 'string') {
    return value;
  }
  const type = String((value as { mediaType?: unknown }).mediaType ?? contentType.split(';')[0]?.trim());
  if (indexTypes.includes(type)) {
    return checked(index, value, (found) => ({ kind: 'index', index: found }));
  }
  if (manifestTypes.includes(type)) {
    return checked(manifest, value, (found) => ({ kind: 'manifest', manifest: found }));
  }
  return /docker\.distribution\.manifest\.v1/.test(type)
    ? 'it is a Docker manifest of schema 1, which nothing writes any more; push the image anew'
    : `it is a document of type ${JSON.stringify(type)}, and no image`;
}

/** The configuration of an image; a string says what is wrong with it. */
export function readConfigDocument(text: Uint8Array): OciConfig | string {
  const value = parse(text);
  return typeof value === 'string' ? value : checked(config, value, (found) => found);
}

function parse(text: Uint8Array): object | string {
  try {
    const value: unknown = JSON.parse(Buffer.from(text).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : 'it is no JSON object';
  } catch {
    return 'it is no JSON';
  }
}

function checked<Found, Result>(
  schema: z.ZodType<Found>,
  value: unknown,
  use: (found: Found) => Result,
): Result | string {
  const result = schema.safeParse(value);
  if (result.success) {
    return use(result.data);
  }
  const [issue] = result.error.issues;
  return `it is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
}
