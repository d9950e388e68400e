import type { HealthCheck } from './image.ts';
import type { Place } from './problem.ts';
import type { Tree } from './workflow.ts';

/** What `options` of a container come to, as far as they make a difference to a machine. */
export interface ContainerOptions {
  /** CPUs, fractions allowed. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly user?: string;
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly hostname?: string;
  /** Takes the place of the image's; `''` takes it away. */
  readonly entrypoint?: string;
  readonly volumes: readonly Volume[];
  /** Names and the addresses they are to stand for. */
  readonly hosts: readonly (readonly [name: string, address: string])[];
  /** Over what the image says; `none` switches its check off. */
  readonly health?: Partial<HealthCheck> | 'none';
  /** The option that takes a kernel of the machine's own, where there is one. */
  readonly ownKernel?: string;
}

/** A folder of a container that lives apart from its image: under a name it is shared by all that name it. */
export interface Volume {
  readonly name?: string;
  /** Absolute. */
  readonly path: string;
}

/** A port of a service and where the job's steps find it: any free one when `local` is absent. */
export interface ServicePort {
  readonly local?: number;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** The container that a job's steps run in, or one that serves them; what may hang on secrets is not evaluated yet. */
export interface PlannedContainer {
  /** `docker://` and the name of an OCI image. */
  readonly image: string;
  readonly env: readonly (readonly [name: string, value: Tree])[];
  readonly options: ContainerOptions;
  readonly volumes: readonly Volume[];
  readonly ports: readonly ServicePort[];
  readonly credentials?: { readonly username: Tree; readonly password: Tree };
  /** Of a service: take the place of the image's. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly place: Place;
}

/** A name in `services`, which is a host name too. */
export interface PlannedService {
  readonly id: string;
  readonly container: PlannedContainer;
}
