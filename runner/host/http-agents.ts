import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { isLoopback } from './loopback.ts';

export { request };

let direct: Dispatcher | undefined;
let proxied: Dispatcher | undefined;

/** What requests to a host go through: the proxies of the usual variables, which loopback is never asked through. */
export function agentFor(hostname: string): Dispatcher {
  if (isLoopback(hostname)) {
    direct ??= new Agent();
    return direct;
  }
  proxied ??= new EnvHttpProxyAgent();
  return proxied;
}
