const { STATE_one, STATE_two, STATE_both, STATE_ONE } = process.env;
console.log(`post one=${STATE_one} two=${STATE_two} both=${STATE_both} case=[${STATE_ONE ?? ''}]`);
