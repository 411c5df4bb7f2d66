import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lastWordSeconds } from '../../../src/cli/commands/hook.ts';
import { gaia } from '../a-terminal.ts';

function aProject(settings?: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'gaia-hook-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, '.claude'));
  const path = join(cwd, '.claude', 'settings.local.json');
  if (settings !== undefined) writeFileSync(path, settings, { mode: 0o640 });
  return { cwd, path, read: () => JSON.parse(readFileSync(path, 'utf8')) };
}
const install = ['hook', 'claude-code', '--install'];

describe('installing the hook', () => {
  test('shows the entry, asks, and leaves everything else as it is', async () => {
    const project = aProject('{"model":"opus","hooks":{"PreToolUse":[{"matcher":"Read","hooks":[]}],"Stop":[]}}');
    const run = await gaia(install, { cwd: project.cwd, answers: ['y'] });
    expect(run.exit).toBe(0);
    expect(run.stderr).toContain('hook claude-code');
    expect(run.asked).toEqual(['Write it? [y/N] ']);
    const settings = project.read();
    expect(settings).toMatchObject({ model: 'opus', hooks: { Stop: [], PreToolUse: [{ matcher: 'Read' }, {}] } });
    const [, entry] = settings.hooks.PreToolUse;
    expect(entry.hooks).toEqual([
      {
        type: 'command',
        timeout: 1_860,
        onFailure: 'block',
        command: expect.stringMatching(/^GAIA_HOME=.* hook claude-code --seconds 1800 \|\| exit 2$/),
      },
    ]);
    expect(statSync(project.path).mode & 0o777).toBe(0o640);
  });
  test('writes nothing where the answer is no, or nobody is there', async () => {
    const project = aProject('{}');
    expect((await gaia(install, { cwd: project.cwd, answers: ['n'] })).exit).toBe(1);
    expect((await gaia(install, { cwd: project.cwd })).exit).toBe(2);
    expect(project.read()).toEqual({});
  });
  test('twice is once', async () => {
    const project = aProject();
    await gaia([...install, '--yes'], { cwd: project.cwd });
    const run = await gaia([...install, '--yes'], { cwd: project.cwd });
    expect(run.stdout).toContain('already');
    expect(project.read().hooks.PreToolUse).toHaveLength(1);
  });
  test('puts every tool before people but a few that only read, and Gaia’s own', async () => {
    const project = aProject();
    await gaia([...install, '--yes'], { cwd: project.cwd });
    const [{ matcher }] = project.read().hooks.PreToolUse;
    const asks = (tool: string) => new RegExp(matcher).test(tool);
    for (const tool of ['Bash', 'PowerShell', 'Monitor', 'Agent', 'Skill', 'WebSearch', 'TaskStop', 'Later'])
      expect(asks(tool), tool).toBe(true);
    for (const tool of ['ReadAndRun', 'MyRead', 'mcp__gaia__run_now', 'mcp__gaia2__request_command', 'mcp__x__Read'])
      expect(asks(tool), tool).toBe(true);
    for (const tool of ['Read', 'Grep', 'TodoWrite', 'mcp__gaia__request_command'])
      expect(asks(tool), tool).toBe(false);
  });
  test('installs a command that blocks where it cannot even start, and answers before its time-out', async () => {
    const project = aProject();
    await gaia([...install, '--yes'], { cwd: project.cwd });
    const [handler] = project.read().hooks.PreToolUse[0].hooks;
    const broken = handler.command.replace(/\/main\.[jt]s/, '/gone.js');
    expect(broken).not.toBe(handler.command);
    expect(spawnSync('/bin/sh', ['-c', broken], { input: '{}' }).status).toBe(2);
    const people = Number(/--seconds (\d+)/.exec(handler.command)?.[1]);
    expect(people + lastWordSeconds).toBeLessThanOrEqual(handler.timeout - 30);
  });
  test('takes only its own handler out of a group', async () => {
    const ours = { type: 'command', command: 'npx gaia hook claude-code --seconds 5 || exit 2' };
    const theirs = { type: 'command', command: 'echo gaia hook claude-codex' };
    const groups = [
      { matcher: 'Bash', hooks: [theirs, ours] },
      { matcher: 'hook claude-code', hooks: [theirs] },
      { matcher: 'Write', hooks: [ours] },
    ];
    const project = aProject(JSON.stringify({ hooks: { PreToolUse: groups } }));
    await gaia([...install, '--yes'], { cwd: project.cwd });
    expect(project.read().hooks.PreToolUse).toMatchObject([
      { matcher: 'Bash', hooks: [theirs] },
      { matcher: 'hook claude-code', hooks: [theirs] },
      { hooks: [{ onFailure: 'block' }] },
    ]);
    expect(project.read().hooks.PreToolUse[0].hooks).toHaveLength(1);
  });
  test('writes where a link leads, and leaves the link', async () => {
    const project = aProject();
    const real = join(project.cwd, 'real.json');
    writeFileSync(real, '{"model":"opus"}', { mode: 0o600 });
    symlinkSync(real, project.path);
    await gaia([...install, '--yes'], { cwd: project.cwd });
    expect(lstatSync(project.path).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ model: 'opus', hooks: { PreToolUse: [{}] } });
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });
  test('refuses a link that leads nowhere, and what it cannot read', async () => {
    const project = aProject();
    symlinkSync('/nowhere/settings.json', project.path);
    expect((await gaia([...install, '--yes'], { cwd: project.cwd })).exit).toBe(7);
    expect(lstatSync(project.path).isSymbolicLink()).toBe(true);
    const directory = await gaia([...install, '--yes', '--settings', '.claude'], { cwd: project.cwd });
    expect(directory).toMatchObject({ exit: 7, stderr: expect.stringContaining('cannot be read') });
  });
  test.each(['{', '[]', '{"hooks":[]}', '{"hooks":{"PreToolUse":{"matcher":"Bash"}}}', '{"hooks":{"PreToolUse":"x"}}'])(
    'refuses settings that are none: %s',
    async (text) => {
      const project = aProject(text);
      expect((await gaia([...install, '--yes'], { cwd: project.cwd })).exit).toBe(7);
      expect(readFileSync(project.path, 'utf8')).toBe(text);
    },
  );
});
