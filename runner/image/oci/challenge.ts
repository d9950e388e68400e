/** How a registry wants to be convinced, from its `www-authenticate`. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

/** The first challenge we can answer, bearer before basic; `undefined` where there is none. */
export function readChallenge(header: string): Challenge | undefined {
  const bearer = /(?:^|,)\s*bearer\s+/i.exec(header);
  if (bearer !== null) {
    const values = parameters(header.slice(bearer.index + bearer[0].length));
    const [realm, service, scope] = ['realm', 'service', 'scope'].map((name) => values.get(name));
    if (realm !== undefined) {
      return {
        scheme: 'bearer',
        realm,
        ...(service === undefined ? {} : { service }),
        ...(scope === undefined ? {} : { scope }),
      };
    }
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(header) ? { scheme: 'basic' } : undefined;
}

function parameters(text: string): ReadonlyMap<string, string> {
  const found = text.slice(0, 4096).matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,"]+))/gi);
  return new Map([...found].map(([, name = '', quoted, bare]) => [name.toLowerCase(), quoted ?? bare ?? '']));
}
