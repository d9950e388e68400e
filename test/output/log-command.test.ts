import test from 'ava';
import { parseCommand, resumesCommands } from '../../runner/output/log-command.ts';
import { parseRawCommand } from '../../runner/output/raw-command.ts';

const anyName = () => true;

test('a command has a name, properties and data, unescaped', (t) => {
  t.deepEqual(parseRawCommand('  ::Warning file=a%2Cb.c,title=50%25%3A x::one%0Atwo%25::three', anyName), {
    name: 'warning',
    properties: { file: 'a,b.c', title: '50%: x' },
    data: 'one\ntwo%::three',
  });
});

test('what is not at the start of the line is no command', (t) => {
  for (const line of ['x ::error::y', ':: error::y', '::error:y', 'std::vector<int> a;', '::']) {
    t.is(parseCommand(line), undefined, line);
  }
});

test('unknown names are ordinary output to LightV, and readable to others', (t) => {
  t.is(parseCommand('::set-colour name=a::b'), undefined);
  t.like(parseRawCommand('::set-colour name=a::b', anyName), { name: 'set-colour', data: 'b' });
});

test('groups, masks and debug lines are typed', (t) => {
  t.deepEqual(parseCommand('::group::Build it'), { kind: 'group', title: 'Build it' });
  t.deepEqual(parseCommand('::endgroup::'), { kind: 'end-group' });
  t.deepEqual(parseCommand('::add-mask::v'), { kind: 'add-mask', value: 'v' });
  t.like(parseCommand('::add-mask::  '), { kind: 'idle' });
  t.deepEqual(parseCommand('::debug::d'), { kind: 'debug', message: 'd' });
});

test('a position that is no number is left out', (t) => {
  t.deepEqual(parseCommand('::notice file=f,line=x,endLine=9::m'), {
    kind: 'annotation',
    level: 'notice',
    message: 'm',
    file: 'f',
    line: 9,
    endLine: 9,
  });
});

test('columns belong to one line, and a range that ends before it starts is none', (t) => {
  const place = (properties: string) => {
    const {
      kind: _,
      level: __,
      message: ___,
      ...rest
    } = parseCommand(`::error ${properties}::m`) as object & {
      kind: string;
      level: string;
      message: string;
    };
    return rest;
  };
  t.deepEqual(place('line=3,col=5,endColumn=9'), { line: 3, column: 5, endColumn: 9 });
  t.deepEqual(place('line=3,endColumn=9'), { line: 3, column: 9, endColumn: 9 });
  t.deepEqual(place('col=5'), {});
  t.deepEqual(place('line=3,endLine=4,col=5'), { line: 3, endLine: 4 });
  t.deepEqual(place('line=4,endLine=3'), {});
  t.deepEqual(place('line=3,col=9,endColumn=5'), { line: 3 });
});

test('the older form is found anywhere in a line', (t) => {
  t.deepEqual(parseRawCommand('10:00 ##[Set-Output name=a%3Bb;x=1]c%5Dd%0Ae', anyName), {
    name: 'set-output',
    properties: { name: 'a;b', x: '1' },
    data: 'c]d\ne',
  });
  t.deepEqual(parseCommand('x ##[group]Build'), { kind: 'group', title: 'Build' });
  t.is(parseCommand('##[x'), undefined);
});

test('what steps set through lines is typed, and what is wrong with it is said', (t) => {
  t.deepEqual(parseCommand('::set-output name=a::b=c'), { kind: 'set-output', name: 'a', value: 'b=c' });
  t.deepEqual(parseCommand('::save-state name=a::'), { kind: 'save-state', name: 'a', value: '' });
  t.deepEqual(parseCommand('::set-env name=a::b'), { kind: 'set-env', name: 'a', value: 'b' });
  t.deepEqual(parseCommand('::add-path::/x'), { kind: 'add-path', path: '/x' });
  t.deepEqual(parseCommand('::echo::ON'), { kind: 'echo', on: true });
  t.deepEqual(parseCommand('::add-matcher::m.json'), { kind: 'add-matcher', file: 'm.json' });
  t.deepEqual(parseCommand('::remove-matcher owner=eslint::'), { kind: 'remove-matcher', owner: 'eslint' });
  t.deepEqual(parseCommand('::remove-matcher::m.json'), { kind: 'remove-matcher', file: 'm.json' });
  const wrong = ['::set-output::b', '::add-path::', '::echo::maybe'];
  for (const line of wrong) {
    t.is(parseCommand(line)?.kind, 'wrong', line);
  }
  for (const line of ['::remove-matcher owner=a::b', '::remove-matcher::', '::add-matcher::']) {
    t.is(parseCommand(line)?.kind, 'idle', line);
  }
});

test('commands are not stopped with a token that resumes by accident', (t) => {
  for (const token of ['', 'Error', 'pause-logging']) {
    t.like(parseCommand(`::stop-commands::${token}`), { kind: 'wrong', command: 'stop-commands' });
  }
  t.deepEqual(parseCommand('::stop-commands::t0k'), { kind: 'stop-commands', token: 't0k' });
  t.true(resumesCommands(' ::T0K::', 't0k'));
  t.true(resumesCommands('x ##[t0k]', 't0k'));
  t.false(resumesCommands('x ::t0k::', 't0k'));
  t.like(parseCommand('::stop-commands::error', true), { kind: 'stop-commands' });
});
