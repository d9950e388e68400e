import { causeText } from '../../host/fault.ts';
import type { PlannedService } from '../../model/container.ts';
import type { ContainerConfig } from '../../model/image.ts';
import type { Exit } from '../../model/machine.ts';
import type { OpenedContainer } from '../container/job-containers.ts';
import { StepFailure } from '../ending.ts';
import { guestText } from '../guest-text.ts';
import type { HeldMachine } from '../held-machine.ts';
import { healthCheckOf, waitHealthy } from './health.ts';
import { homeOf } from './home-of.ts';
import { ServiceLog } from './service-log.ts';

/** One service of a job: a machine of its own, and the program that serves in it. */
export class Service {
  readonly id: string;
  /** Where other machines of the job find it on their loopback. */
  readonly address: string;
  readonly opened: OpenedContainer;
  readonly held: HeldMachine;
  readonly log = new ServiceLog();
  readonly #over = new AbortController();
  #end: string | undefined;

  constructor({ id }: PlannedService, address: string, opened: OpenedContainer, held: HeldMachine) {
    this.id = id;
    this.address = address;
    this.opened = opened;
    this.held = held;
  }

  /** How its program ended ("exit code 1"), or `undefined` while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Starts its program. Throws a `StepFailure` where there is none to start. */
  async start(signal: AbortSignal): Promise<void> {
    const { vm, user, image, use } = this.held;
    const config = image.config.container;
    const argv = this.#command(config);
    const passwd = (await guestText(vm, '/etc/passwd', signal)) ?? '';
    const env = { HOME: homeOf(passwd, user), HOSTNAME: this.held.hostname, ...image.config.env, ...use.env };
    const command = { argv, env, cwd: config?.workingDir ?? '/', grace: 0, ...(user === undefined ? {} : { user }) };
    vm.exec(command, this.log, this.#over.signal).then(
      (exit) => this.#ended(endText(exit)),
      (error) => this.#ended(causeText(error)),
    );
  }

  /** Resolves when it is fit for use. Rejects with a `StepFailure` when it never will be, or the signal's reason. */
  async ready(now: () => number, signal: AbortSignal): Promise<void> {
    const { health: options } = this.opened.planned.options;
    const check = healthCheckOf(this.held.image.config.container?.health, options);
    if (check === undefined) {
      return;
    }
    const failed = await waitHealthy(check, (timeout) => this.#look(check.command, timeout, signal), now, signal);
    if (failed !== undefined) {
      throw new StepFailure('not-started', `the service "${this.id}" is not healthy: ${failed}`);
    }
  }

  /** Has its program end with its machine. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.held.give();
  }

  #command(config: ContainerConfig | undefined): readonly string[] {
    const { options, entrypoint: planned, command } = this.opened.planned;
    const given = options.entrypoint === undefined ? planned : [options.entrypoint].filter((word) => word !== '');
    const start = given ?? config?.entrypoint ?? [];
    // The image's own arguments go with its own command only.
    const argv = [...start, ...(command ?? (given === undefined ? (config?.cmd ?? []) : []))];
    if (argv.length === 0) {
      throw new StepFailure('not-started', `the service "${this.id}": its image names no command`);
    }
    return argv;
  }

  async #look(argv: readonly string[], timeout: number, signal: AbortSignal): Promise<string | undefined> {
    if (this.#end !== undefined) {
      throw new StepFailure('not-started', `the service "${this.id}" has ended: ${this.#end}`);
    }
    const { vm, user, image, use } = this.held;
    const said = new ServiceLog();
    const late = AbortSignal.timeout(timeout);
    const command = {
      argv,
      env: { ...image.config.env, ...use.env },
      cwd: '/',
      grace: 0,
      ...(user === undefined ? {} : { user }),
    };
    const exit = await vm.exec(command, said, AbortSignal.any([signal, late]));
    signal.throwIfAborted();
    if (exit.kind === 'exited' && exit.code === 0) {
      return undefined;
    }
    const why = late.aborted ? `no answer within ${timeout / 1000} s` : endText(exit);
    return [`its check gave ${why}`, ...said.lines(3)].join(': ');
  }

  #ended(how: string): void {
    this.#end ??= how;
  }
}

function endText(exit: Exit): string {
  switch (exit.kind) {
    case 'exited':
      return `exit code ${exit.code}`;
    case 'signalled':
      return exit.signal;
    case 'out-of-memory':
      return 'out of memory';
    case 'not-started':
    case 'lost':
      return exit.detail;
  }
}
