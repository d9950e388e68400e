const inputs = Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_'));
console.log(
  inputs
    .sort()
    .map((pair) => pair.join('='))
    .join(' '),
);
