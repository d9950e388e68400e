/** The home of a user by the lines of a machine's /etc/passwd, as Docker finds it; `/` for one that has none there. */
export function homeOf(passwd: string, user: string | undefined): string {
  const [name = 'root'] = (user ?? 'root').split(':');
  const line = passwd.split('\n').find((each) => {
    const [known, , uid] = each.split(':');
    return known === name || uid === name;
  });
  const home = line?.split(':')[5] ?? '';
  return home.startsWith('/') ? home : name === 'root' ? '/root' : '/';
}
