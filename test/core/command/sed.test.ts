import { expect, test } from 'vitest';
import { sedRuns } from '../../../src/core/command/sed.ts';

test.each([
  [['1e touch x', 'f'], '1e touch x'],
  [['e'], 'e'],
  [['s/a/touch x/e', 'f'], 's/a/touch x/e'],
  [['s|a|b|ge', 'f'], 's|a|b|ge'],
  [['s/a/b/;e id', 'f'], 's/a/b/;e id'],
  [['s/a/b/w /etc/x', 'f'], 's/a/b/w /etc/x'],
  [['w out', 'f'], 'w out'],
  [['p\ne id', 'f'], 'p\ne id'],
  [['a x\\\ny\ne id', 'f'], 'a x\\\ny\ne id'],
  [['-n', '-e', 'p', '-e', 'e id', 'f'], 'e id'],
  [['-ne', 'e id', 'f'], 'e id'],
  [['-ee id', 'f'], 'e id'],
  [['--expression=e id', 'f'], 'e id'],
  [['--expr=e id', 'f'], '--expr=e id'],
  [['-f', 'x.sed', 'f'], '-f'],
  [['-nf', 'x.sed', 'f'], '-nf'],
  [['e id', '-e', 'p'], 'e id'],
  [['--', 'e id', 'f'], 'e id'],
  [['f', '-i', '--file=x'], '--file=x'],
])('sed %j may run a program or write elsewhere', (args, found) => {
  expect(sedRuns(args)).toBe(found);
});

test.each([
  [['s/a/b/', 'f']],
  [['-i', 's|/usr/e|\\|e|g', 'f']],
  [['-i.bak', '-E', 's/(a)/\\1e/2gI;s,x,y,', 'f']],
  [['-n', '1,10p', 'evil']],
  [['-n', '/e x/p', 'f']],
  [['$!d', 'f']],
  [['-e', '1d', '-e', '/^#/d', 'e']],
  [['-i', '/x/a e id', 'f']],
  [['--version']],
  [[]],
])('sed %j only edits', (args) => {
  expect(sedRuns(args)).toBeUndefined();
});
