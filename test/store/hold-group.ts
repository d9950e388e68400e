import { openGroups } from '../../runner/store/concurrency-groups.ts';

/** Enters the group `g` of `/repo` in the state folder that is its argument, says so, and stays. */
const request = { group: 'g', who: 'another process', cancelInProgress: false, queue: 'single' } as const;
const stay = setInterval(() => {}, 1000);
const place = await openGroups(process.argv[2] ?? '', '/repo').enter(
  { ...request, onWait: () => {}, onCancel: () => clearInterval(stay) },
  AbortSignal.timeout(60_000),
);
console.log(place.kind);
