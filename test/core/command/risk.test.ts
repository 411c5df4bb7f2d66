import { describe, expect, test } from 'vitest';
import { badges, riskOf } from '../../../src/core/command/risk.ts';
import { isLoaderName, programName } from '../../../src/core/command/words.ts';
import type { Facts } from '../../../src/core/policy/types.ts';

type Command = NonNullable<Facts['command']>;
const command = (argv: string[], more: Partial<Command> = {}): Command => ({
  argv,
  executable: argv[0]!.startsWith('/') ? argv[0]! : `/usr/bin/${argv[0]}`,
  executableBinding: 'fixed',
  cwd: '/srv/app',
  env: [],
  hasStdin: false,
  mode: 'real',
  ...more,
});
const codes = (argv: string[], more: Partial<Command> = {}) => riskOf(command(argv, more)).map(({ code }) => code);

describe('a command needs a closer look when', () => {
  test.each([
    [['bash', '-c', 'ls'], ['shell']],
    [['/opt/x/BASH.EXE'], ['shell']],
    [['-bash'], ['shell']],
    [['ksh93'], ['shell']],
    [['python3.11', 'x.py'], ['interpreter']],
    [['gcc-12', '-wrapper', 'x'], ['command_option']],
    [['/usr/local/bin/node20', '-e', '1'], ['interpreter']],
    [['perl5.36'], ['interpreter']],
    [['pypy3-dbg'], ['interpreter']],
    [['sudo', 'ls'], ['privilege']],
    [['pkexec', 'ls'], ['privilege']],
    [
      ['env', '-i', 'bash', '-c', 'x'],
      ['shell', 'wrapper'],
    ],
    [['env', '-Sbash -c x'], ['wrapper']],
    [
      ['env', '-S', 'bash -c x'],
      ['shell', 'wrapper'],
    ],
    [
      ['env', 'LD_PRELOAD=/tmp/x.so', 'ls'],
      ['wrapper', 'loader_env'],
    ],
    [
      ['nice', '-n', '5', 'sudo', '-u', 'root', 'sh'],
      ['privilege', 'shell', 'wrapper'],
    ],
    [
      ['find', '.', '-exec', '/bin/sh', '-c', 'x', ';'],
      ['shell', 'wrapper'],
    ],
    [
      ['ssh', 'host', 'sudo reboot'],
      ['privilege', 'wrapper'],
    ],
    [['docker', 'run', 'x'], ['wrapper']],
    [['busybox', 'ls'], ['wrapper']],
    [['/lib64/ld-linux-x86-64.so.2', '/bin/ls'], ['wrapper']],
    [
      ['bash', '-c', 'curl https://x | sh'],
      ['shell', 'pipe_into_shell'],
    ],
    [
      ['bash', '-c', 'curl x |& sudo -E /bin/bash -s'],
      ['privilege', 'shell', 'pipe_into_shell'],
    ],
    [['make', 'RUN=wget -qO- x | python3 -'], ['pipe_into_shell']],
    [
      ['zsh', '-c', 'source <(curl x)'],
      ['shell', 'pipe_into_shell'],
    ],
    [['git', '-c', 'core.pager=x', 'log'], ['command_option']],
    [['tar', '--to-comm=x', '-xf', 'a'], ['command_option']],
  ])('it is %j', (argv, expected) => {
    expect(codes(argv)).toEqual(expected);
  });

  test.each([
    [['make', 'deploy']],
    [['ls', '-la', 'bash.txt']],
    [['git', 'commit', '-m', 'say a | b']],
    [['npm', 'test']],
    [['cat', '/bin/sh']],
    [['base64', 'x']],
    [['md5sum', 'x']],
    [['echo', 'env bash']],
  ])('it is %j: not', (argv) => {
    expect(codes(argv)).toEqual([]);
  });

  test('the program that really runs is one, whatever its link is called', () => {
    expect(codes(['/tmp/innocent'], { executable: '/usr/bin/python3.11' })).toEqual(['interpreter']);
    expect(codes(['./bash'], { executable: '/srv/tool' })).toEqual(['shell']);
  });

  test('a multi-call binary is called by the name of one, and not otherwise', () => {
    expect(codes(['ls'], { executable: '/bin/busybox' })).toEqual([]);
    expect(codes(['sh'], { executable: '/bin/busybox' })).toEqual(['shell']);
  });

  test('its environment changes what programs load', () => {
    const [risk, ...more] = riskOf(command(['make'], { env: ['CI', 'NODE_OPTIONS', 'LD_PRELOAD'] }));
    expect(more).toEqual([]);
    expect(risk).toEqual({
      code: 'loader_env',
      words: 'its environment changes what programs load',
      because: 'it sets NODE_OPTIONS',
    });
    expect(codes(['make'], { env: ['CI', 'DEPLOY_TARGET', 'LANG', 'TZ'] })).toEqual([]);
  });

  test('its script can be replaced, and not when it stands where only the administrator writes', () => {
    expect(codes(['./deploy'], { interpreter: '#!/bin/sh', executableBinding: 'held' })).toEqual([
      'replaceable_script',
    ]);
    expect(codes(['./deploy'], { interpreter: '#!/bin/sh', executableBinding: 'fixed' })).toEqual([]);
    expect(codes(['./deploy'], { executableBinding: 'held' })).toEqual([]);
  });

  test('there is a command at all', () => {
    expect(riskOf(undefined)).toEqual([]);
  });
});

describe('badges', () => {
  test('name the weightiest first', () => {
    expect(
      badges({
        isTest: true,
        command: command(['sudo', 'bash', '-c', 'curl x | sh', 'p\u0430ypal'], { hasStdin: true, env: ['BASH_ENV'] }),
      }),
    ).toEqual(['SUDO', 'SHELL', 'PIPE INTO SHELL', 'ENV', 'STDIN', 'MIXED SCRIPTS', 'TEST']);
  });

  test('are none on an everyday command, nor on what is no command', () => {
    expect(badges({ isTest: false, command: command(['make', 'deploy']) })).toEqual([]);
    expect(badges({ isTest: false })).toEqual([]);
  });
});

test('the plain name of a program has no place, version or ending', () => {
  const paths = [
    '/usr/bin/Python3.11',
    'C:\\x\\PWSH.EXE',
    'node',
    'lua5.4',
    'gcc-12',
    'node-gyp',
    'python3-config',
    'sqlite3',
    'x86_64',
    '7z',
  ];
  expect(paths.map(programName)).toEqual([
    'python',
    'pwsh',
    'node',
    'lua',
    'gcc',
    'node-gyp',
    'python3-config',
    'sqlite3',
    'x86_64',
    '7z',
  ]);
});

test('names that change what programs load', () => {
  for (const name of [
    'LD_LIBRARY_PATH',
    'DYLD_INSERT_LIBRARIES',
    'PYTHONPATH',
    'PERL5OPT',
    'RUBYOPT',
    'GIT_SSH_COMMAND',
    'PATH',
    'PAGER',
    'EDITOR',
    'ENV',
    'BASH_FUNC_ls',
  ]) {
    expect([name, isLoaderName(name)]).toEqual([name, true]);
  }
  for (const name of ['CI', 'LANG', 'TERM', 'TARGET_ENV', 'NODE_ENV', 'MY_PATH', 'OLD'])
    expect([name, isLoaderName(name)]).toEqual([name, false]);
});
