import { describe, expect, test } from 'vitest';
import { badges, riskOf } from '../../../src/core/command/risk.ts';
import { isLoaderName } from '../../../src/core/command/words.ts';
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
      ['shell', 'command_option'],
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

  test('a multi-call binary is called by the name of one, or by a name that may be any', () => {
    const busybox = { executable: '/bin/busybox' };
    expect(codes(['ls'], busybox)).toEqual([]);
    expect(codes(['/bin/cat', 'bash'], busybox)).toEqual([]);
    expect(codes(['sh'], busybox)).toEqual(['shell']);
    expect(codes(['tar', 'cfI', 'x'], { executable: '/usr/bin/coreutils' })).toEqual(['command_option']);
    for (const name of ['busyboxx', './busybox.evil', 'innocent', 'lsx']) {
      expect([name, codes([name, 'id'], busybox)]).toEqual([name, ['wrapper']]);
    }
    expect(codes(['x'], { executable: '/bin/busybox.static' })).toEqual(['wrapper']);
    expect(codes(['coreutils', '--coreutils-prog=env', 'x'], { executable: '/usr/bin/coreutils' })).toEqual([
      'wrapper',
    ]);
  });

  test('it is a file that does not say what reads it, wherever it stands', () => {
    expect(codes(['./deploy'], { interpreter: '/bin/sh', executableFormat: 'text' })).toEqual(['shell']);
    expect(codes(['./deploy'], { interpreter: '#!/bin/sh', executableFormat: 'script' })).toEqual([]);
    expect(codes(['make'], { executableFormat: 'native' })).toEqual([]);
  });

  test.each(
    `perl5.36-x86_64-linux-gnu x86_64-linux-gnu-python3.11 vim.basic ssh-agent run-parts prove systemd-cat logsave vim vi view vimdiff rvim
    ex nvim emacs pdb3 pdb ipython3 bpython pypy3 gawk mawk original-awk xargs parallel watch script expect tclsh8.6 wish gdb-multiarch
    strace ltrace perf nsenter unshare chroot flock docker podman kubectl ansible ansible-playbook crontab at systemd-run dbus-send su
    runuser setpriv pkexec doas sudoedit nc.openbsd bash.distrib busybox-static qemu-x86_64-static`.split(/\s+/),
  )('it is %s', (name) => {
    expect(codes([name, 'x'])).not.toEqual([]);
    expect(codes(['/srv/x', 'x'], { executable: `/usr/bin/${name}` })).not.toEqual([]);
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
  });

  test('its program can be replaced, whatever it is called', () => {
    expect(riskOf(command(['./tool'], { executable: '/srv/tool', executableBinding: 'held' }))).toEqual([
      {
        code: 'replaceable_program',
        words: 'its program can be replaced by others',
        because: '“/srv/tool” stands outside the places only the administrator may write',
      },
    ]);
    expect(codes(['./tool'], { executableBinding: 'checked' })).toEqual(['replaceable_program']);
    expect(codes(['./tool'], { executableBinding: 'fixed' })).toEqual([]);
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
