console.log(`conditions ${process.env.STATE_seen ?? 'new'}`);
require('node:fs').appendFileSync(process.env.GITHUB_STATE, 'seen=again\n');
