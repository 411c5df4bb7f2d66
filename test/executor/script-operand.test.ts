import { describe, expect, test } from 'vitest';
import { scriptOperand } from '../../src/executor/script-operand.ts';

const scriptOf = (argv: string[], executable = `/usr/bin/${argv[0]}`) => {
  const at = scriptOperand(argv, executable);
  return at === undefined ? undefined : argv[at];
};

describe('the script among the arguments', () => {
  test.each([
    [['bash', 'deploy.sh', 'prod'], 'deploy.sh'],
    [['bash', '-e', '-x', 'deploy.sh'], 'deploy.sh'],
    [['bash', '-euo', 'pipefail', 'deploy.sh'], 'deploy.sh'],
    [['bash', '+O', 'extglob', '--rcfile', 'rc', 'deploy.sh'], 'deploy.sh'],
    [['sh', '--', '-odd.sh'], '-odd.sh'],
    [['python3.13', '-u', '-W', 'ignore', '-Xdev', 'tool.py', 'in.csv'], 'tool.py'],
    [['python3', '-uWignore', 'tool.py'], 'tool.py'],
    [['node', '-r', './hook.cjs', '--import=./x.mjs', '--no-warnings', 'main.mjs', 'a.json'], 'main.mjs'],
    [['node', '--import', './x.mjs', 'main.mjs'], 'main.mjs'],
    [['perl', '-w', '-I', 'lib', '-Mstrict', 'tool.pl'], 'tool.pl'],
    [['perl', '-i.bak', 'tool.pl'], 'tool.pl'],
    [['ruby', '-rjson', '-I', 'lib', 'tool.rb'], 'tool.rb'],
    [['env', 'python3', 'tool.py'], 'tool.py'],
    [['env', '-i', '-u', 'HOME', 'A=b', 'bash', '-e', 'deploy.sh'], 'deploy.sh'],
    [['env', 'A=b', './tool', 'x'], './tool'],
    [['env', 'env', 'sh', 'a.sh'], 'a.sh'],
    [['busybox', 'sh', 'a.sh'], 'a.sh'],
  ])('of %j is %s', (argv, script) => {
    expect(scriptOf(argv)).toBe(script);
  });

  test.each([
    [['bash', '-c', 'echo hi', 'name']],
    [['bash', '-ec', 'echo hi']],
    [['bash', '-s', 'arg']],
    [['bash']],
    [['python3', '-m', 'http.server']],
    [['python3', '-Im', 'venv', 'x']],
    [['python3', '-', 'x']],
    [['node', '-e', '1', 'x']],
    [['node', '--eval', '1', 'x']],
    [['perl', '-lane', 'print', 'data.txt']],
    [['env', '-S', 'bash x.sh']],
    [['env', '-C', '/tmp', 'bash', 'x.sh']],
    [['env', 'make', 'Makefile']],
    [['make', '-f', 'Makefile']],
    [['git', 'status']],
  ])('of %j is none', (argv) => {
    expect(scriptOf(argv)).toBeUndefined();
  });

  test('is found when only the real file is an interpreter', () => {
    expect(scriptOf(['./run', 'a.sh'], '/usr/bin/bash')).toBe('a.sh');
    expect(scriptOf(['./run', 'a.sh'], '/usr/bin/git')).toBeUndefined();
  });
});
