import { describe, expect, test } from 'vitest';
import { runningOption } from '../../../src/core/command/options.ts';

const found = (command: string) => {
  const [name = '', ...args] = command.split(' ').map((word) => word.replaceAll('␣', ' '));
  return runningOption(name, args);
};

describe('an option runs another program', () => {
  test.each([
    ['tar cfI o touch␣x f', 'cfI'],
    ['tar --use=touch␣x -cf o f', '--use=touch␣x'],
    ['tar -xf a --to-comm x', '--to-comm'],
    ['tar -xzIzstd a', '-xzIzstd'],
    ['tar -cf o --checkpoint=1 --checkpoint-a=exec=x f', '--checkpoint-a=exec=x'],
    ['tar --checkpoint-action exec=x', '--checkpoint-action'],
    ['tar -T list -cf o', '-T'],
    ['git-ls-remote --upload-pa=./x .', '--upload-pa=./x'],
    ['git-filter-branch x', 'filter-branch'],
    ['c99-gcc -wrapper x', '-wrapper'],
    ['sort -S1b --co=./c.sh', '--co=./c.sh'],
    ['split --f=sh␣-c x', '--f=sh␣-c'],
    ['install -s --strip-prog=./x a b', '--strip-prog=./x'],
    ['find . -execdir x ;', '-execdir'],
    ['find . -okdir x ;', '-okdir'],
    ['find . -fprintf x %p', '-fprintf'],
    ['rsync -aze x a b', '-aze'],
    ['rsync --rsh=x a b', '--rsh=x'],
    ['scp -qS x a b:', '-qS'],
    ['scp -oProxyCommand=x a b:', '-oProxyCommand=x'],
    ['wget --use-ask=x u', '--use-ask=x'],
    ['wget --exe=use_askpass=x u', '--exe=use_askpass=x'],
    ['wget -qe x u', '-qe'],
    ['apt-get -qqo APT::Update::Pre-Invoke::=x update', '-qqo'],
    ['apt --option=x update', '--option=x'],
    ['dpkg --pre-invoke=x -i a', '--pre-invoke=x'],
    ['dpkg --post-invoke=x -i a', '--post-invoke=x'],
    ['gcc -wrapper x a.c', '-wrapper'],
    ['g++ -fplugin=x a.c', '-fplugin=x'],
    ['cc @options', '@options'],
    ['ip netns exec a b', 'exec'],
    ['ip net e a b', 'e'],
    ['ip -batch x', '-batch'],
    ['make -f x', '-f'],
    ['make -kf x', '-kf'],
    ['make --ev=x', '--ev=x'],
    ['make SHELL=./x', 'SHELL=./x'],
    ['make SHELL␣:=␣./x', 'SHELL␣:=␣./x'],
    ['make X!=touch␣y', 'X!=touch␣y'],
    ['make X=$(shell␣touch␣y)', 'X=$(shell␣touch␣y)'],
    ['systemctl edit x', 'edit'],
    ['busctl call x', 'call'],
    ['curl -sK x', '-sK'],
    ['pdflatex -shell-escape x', '-shell-escape'],
  ])('in %j', (command, option) => {
    expect(found(command)).toBe(option.replaceAll('␣', ' '));
  });

  test.each([
    'ls -l',
    'tar czf o.tgz dir',
    'tar -C dir -xzf o.tgz',
    'tar --file=o.tar --exclude=I --checkpoint=100 -x',
    'sort -u -k2,3 --check f',
    'split -b 10M f',
    'find . -name x -type f -print',
    'install -m 755 a b',
    'rsync -avz --delete a b',
    'scp -r -P 22 a b:',
    'wget -qO- u',
    'curl -sSfLo x u',
    'apt-get install -y x',
    'dpkg -i x',
    'gcc -O2 -Wall -o a a.c',
    'ip -br addr show dev eth0',
    'make deploy ENV=prod',
    'make -j4 -C dir all',
    'systemctl restart x',
    'npm ci',
    'npm run build',
    'pnpm install',
    'yarn run build',
    'git-fetch origin',
    'cp -a a b',
    'echo --exec -c',
  ])('not in %j', (command) => {
    expect(found(command)).toBeUndefined();
  });
});

test('the largest command takes no time to speak of', () => {
  const long = 'x'.repeat(60_000);
  for (const text of [
    `-${'a'.repeat(60_000)}`,
    `--${long}`,
    `-Wl,${long}`,
    `1${' '.repeat(60_000)}x`,
    `s/${'\\/'.repeat(30_000)}`,
  ]) {
    for (const name of ['tar', 'make', 'gcc', 'git', 'sed', 'ip', 'go', 'cmake']) {
      const started = performance.now();
      runningOption(name, [text]);
      expect(performance.now() - started).toBeLessThan(500);
    }
  }
});
