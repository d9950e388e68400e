const client = require('./client.js');

const { INPUT_DO: what, INPUT_NAME: name, INPUT_TEXT: text, INPUT_PREFIX: prefix } = process.env;
const steps = {
  upload: () => client.upload(name, text),
  begin: async () => {
    await client.begin(name);
    console.log('begun');
    setInterval(() => {}, 1000);
  },
  download: async () => console.log(await client.download(name)),
  list: async () => console.log((await client.list()).join(' ')),
  remove: () => client.remove(name),
  save: async () => console.log(`saved: ${await client.save(name, text)}`),
  restore: async () => console.log(await client.restore(name, prefix)),
  identify: async () => console.log(await client.identify()),
  show: () => console.log(`token ${process.env.ACTIONS_RUNTIME_TOKEN}`),
  later: () => {},
};

Promise.resolve(steps[what]()).catch((error) => {
  console.log(error.message);
  process.exitCode = 1;
});
