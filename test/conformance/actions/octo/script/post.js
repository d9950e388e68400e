console.log(`post ${process.env.STATE_who} [${process.env.STATE_other ?? ''}]`);
