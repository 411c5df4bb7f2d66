import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gaia } from '../a-terminal.ts';

function aProject(settings?: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'gaia-hook-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, '.claude'));
  const path = join(cwd, '.claude', 'settings.json');
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
    expect(new RegExp(`^(?:${entry.matcher})$`).test('Bash')).toBe(true);
    expect(new RegExp(`^(?:${entry.matcher})$`).test('mcp__gaia__request_command')).toBe(false);
    expect(entry.hooks).toEqual([
      {
        type: 'command',
        timeout: 1_860,
        command: expect.stringMatching(/^GAIA_HOME=.* hook claude-code --seconds 1800$/),
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
  test.each(['{', '[]', '{"hooks":[]}'])('refuses settings that are none: %s', async (text) => {
    const project = aProject(text);
    expect((await gaia([...install, '--yes'], { cwd: project.cwd })).exit).toBe(7);
    expect(readFileSync(project.path, 'utf8')).toBe(text);
  });
});
