import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gitRemoteUrl } from '../../src/github/git-remote.ts';
import { mostEvidenceBytes, readWorkspaceFile } from '../../src/github/workspace-file.ts';

function aDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'gaia-workspace-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
const config = (url: string) => `[remote "origin"]\n\turl = ${url}\n`;

describe('the evidence of a gate', () => {
  test('is a file of the workspace, named in it or in full, also through a link that stays inside', async () => {
    const workspace = aDirectory();
    writeFileSync(join(workspace, 'tests.xml'), '<ok/>');
    symlinkSync('tests.xml', join(workspace, 'latest.xml'));
    for (const path of ['tests.xml', join(workspace, 'tests.xml'), 'latest.xml'])
      expect((await readWorkspaceFile(workspace, path))?.toString()).toBe('<ok/>');
  });

  test.each<[string, (workspace: string, outside: string) => void]>([
    ['a file elsewhere', (workspace, outside) => symlinkSync(join(outside, 'secret'), join(workspace, 'x'))],
    ['a directory', (workspace) => mkdirSync(join(workspace, 'x'))],
    ['a pipe that nobody writes to', (workspace) => execFileSync('mkfifo', [join(workspace, 'x')])],
    ['a device', (workspace) => symlinkSync('/dev/zero', join(workspace, 'x'))],
    ['a link to itself', (workspace) => symlinkSync('x', join(workspace, 'x'))],
    ['nothing', () => undefined],
    [
      'more than is read',
      (workspace) => {
        writeFileSync(join(workspace, 'x'), '');
        truncateSync(join(workspace, 'x'), mostEvidenceBytes + 1);
      },
    ],
  ])('is not %s', async (_, make) => {
    const [workspace, outside] = [aDirectory(), aDirectory()];
    writeFileSync(join(outside, 'secret'), 'secret');
    make(workspace, outside);
    expect(await readWorkspaceFile(workspace, 'x')).toBeUndefined();
  });

  test('does not lie above the workspace', async () => {
    const outside = aDirectory();
    writeFileSync(join(outside, 'secret'), 'secret');
    mkdirSync(join(outside, 'work'));
    for (const path of ['../secret', join(outside, 'secret')])
      expect(await readWorkspaceFile(join(outside, 'work'), path)).toBeUndefined();
  });
});

describe('the remote of a workspace', () => {
  test('is the one its configuration names, also in a linked worktree', async () => {
    const [main, linked] = [aDirectory(), aDirectory()];
    mkdirSync(join(main, '.git', 'worktrees', 'one'), { recursive: true });
    writeFileSync(join(main, '.git', 'config'), config('git@github.com:octo/app.git'));
    writeFileSync(join(main, '.git', 'worktrees', 'one', 'gitdir'), `${join(linked, '.git')}\n`);
    writeFileSync(join(main, '.git', 'worktrees', 'one', 'commondir'), '../..\n');
    writeFileSync(join(linked, '.git'), `gitdir: ${join(main, '.git', 'worktrees', 'one')}\n`);
    expect(await gitRemoteUrl(main, 'origin')).toBe('git@github.com:octo/app.git');
    expect(await gitRemoteUrl(linked, 'origin')).toBe('git@github.com:octo/app.git');
  });

  test('is not that of a repository which does not know the workspace', async () => {
    const [main, thief] = [aDirectory(), aDirectory()];
    mkdirSync(join(main, '.git'));
    writeFileSync(join(main, '.git', 'config'), config('git@github.com:octo/app.git'));
    writeFileSync(join(thief, '.git'), `gitdir: ${join(main, '.git')}\n`);
    expect(await gitRemoteUrl(thief, 'origin')).toBeUndefined();
    mkdirSync(join(thief, 'nested', '.git'), { recursive: true });
    symlinkSync(join(main, '.git', 'config'), join(thief, 'nested', '.git', 'config'));
    expect(await gitRemoteUrl(join(thief, 'nested'), 'origin')).toBeUndefined();
  });

  test('is none where the configuration is a pipe', async () => {
    const workspace = aDirectory();
    mkdirSync(join(workspace, '.git'));
    execFileSync('mkfifo', [join(workspace, '.git', 'config')]);
    expect(await gitRemoteUrl(workspace, 'origin')).toBeUndefined();
  });
});
