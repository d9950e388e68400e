import test from 'ava';
import { parseCommand, parseRawCommand, resumesCommands } from '../../runner/output/log-command.ts';

test('a command has a name, properties and data, unescaped', (t) => {
  t.deepEqual(parseRawCommand('  ::Warning file=a%2Cb.c,title=50%25%3A x::one%0Atwo%25::three'), {
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
  t.is(parseCommand('::set-output name=a::b'), undefined);
  t.like(parseRawCommand('::set-output name=a::b'), { name: 'set-output', data: 'b' });
});

test('groups, masks and debug lines are typed', (t) => {
  t.deepEqual(parseCommand('::group::Build it'), { kind: 'group', title: 'Build it' });
  t.deepEqual(parseCommand('::endgroup::'), { kind: 'end-group' });
  t.deepEqual(parseCommand('::add-mask::v'), { kind: 'add-mask', value: 'v' });
  t.is(parseCommand('::add-mask::  '), undefined);
  t.deepEqual(parseCommand('::debug::d'), { kind: 'debug', message: 'd' });
});

test('a position that is no number is left out', (t) => {
  t.deepEqual(parseCommand('::notice file=f,line=x,endLine=9::m'), {
    kind: 'annotation',
    level: 'notice',
    message: 'm',
    file: 'f',
    endLine: 9,
  });
});

test('commands are not stopped with a token that resumes by accident', (t) => {
  t.is(parseCommand('::stop-commands::'), undefined);
  t.is(parseCommand('::stop-commands::Error'), undefined);
  t.is(parseCommand('::stop-commands::pause-logging'), undefined);
  t.deepEqual(parseCommand('::stop-commands::t0k'), { kind: 'stop-commands', token: 't0k' });
  t.true(resumesCommands(' ::T0K::', 't0k'));
  t.false(resumesCommands('::t0k:: more', 't0k'));
});
