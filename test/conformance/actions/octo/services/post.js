const client = require('./client.js');

const { INPUT_DO: what, INPUT_NAME: name, INPUT_TEXT: text } = process.env;
if (what === 'later') {
  client.save(name, text).then((saved) => console.log(`saved at the end: ${saved}`));
}
