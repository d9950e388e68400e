import { type NetworkSpace, type NetworkSpaceOptions, openNetns } from '../../host/netns.ts';

/**
 * Networks that go from one machine of a run to its next, since opening one takes as long as the rest of a boot. A guest
 * has no power over its network, and its sockets end with it; two machines at once never have the same one.
 */
export class Networks {
  readonly #idle = new Map<string, NetworkSpace[]>();
  readonly #over = new Set<string>();

  /** One that is kept for the run and still works, else a new one. Rejects as `openNetns` does. */
  async take(options: NetworkSpaceOptions): Promise<NetworkSpace> {
    const idle = this.#idle.get(options.run) ?? [];
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (kept.works()) {
        return kept;
      }
      await kept.close();
    }
    return openNetns(options);
  }

  /** Takes one back whose machine is gone. */
  async give(run: string, network: NetworkSpace): Promise<void> {
    if (this.#over.has(run)) {
      return network.close();
    }
    this.#idle.set(run, [...(this.#idle.get(run) ?? []), network]);
  }

  /** Closes those of a run, also those that are given back later. */
  async end(run: string): Promise<void> {
    const idle = this.#idle.get(run) ?? [];
    this.#idle.delete(run);
    this.#over.add(run);
    await Promise.all(idle.map((network) => network.close()));
  }
}
