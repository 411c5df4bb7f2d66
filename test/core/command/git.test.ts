import { expect, test } from 'vitest';
import { gitRuns } from '../../../src/core/command/git.ts';

test.each([
  ['ls-remote --upload-pa=./x .', '--upload-pa=./x'],
  ['-c core.pager=x log', '-c'],
  ['-C dir -c a=b log', '-c'],
  ['--git-dir=x status', '--git-dir=x'],
  ['--exec-path=x status', '--exec-path=x'],
  ['--config-env=a=B status', '--config-env=a=B'],
  ['bisect run ./x', 'run'],
  ['submodule --quiet foreach x', 'foreach'],
  ['rebase -ix x main', '-ix'],
  ['rebase --ex=x main', '--ex=x'],
  ['grep -Ox y', '-Ox'],
  ['grep --open=x y', '--open=x'],
  ['difftool -x x', 'difftool'],
  ['filter-branch --tree-filter x', 'filter-branch'],
  ['--no-pager filter-branch', 'filter-branch'],
  ['push --receive-pack=x o', '--receive-pack=x'],
  ['push --exec x o', '--exec'],
  ['clone -u x a', '-u'],
  ['clone --template=x a', '--template=x'],
  ['clone ext::x a', 'ext::x'],
  ['archive --remote=ext::x HEAD', '--remote=ext::x'],
  ['config core.fsmonitor ./x', 'core.fsmonitor'],
  ['config --global alias.x !y', 'alias.x'],
  ['my-alias', 'my-alias'],
])('git %s may run another program', (args, found) => {
  expect(gitRuns(args.split(' '))).toBe(found);
});

test.each([
  'status',
  '-C dir status',
  '--no-pager log -c -p',
  'commit -m x -C HEAD',
  'commit -c HEAD',
  'push origin main',
  'push --force-with-lease -u origin main',
  'pull --rebase',
  'fetch --all',
  'clone --depth 1 -b main https://x/y',
  'rebase main',
  'grep -n foo',
  'submodule update --init',
  'config user.name x',
  'bisect start',
  '--version',
])('git %s does what it says', (args) => {
  expect(gitRuns(args.split(' '))).toBeUndefined();
});
