import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Request } from '../../src/core/approval/request.ts';
import { close, httpRoutes, listen } from '../../src/http/server.ts';
import { listRequests } from '../../src/store/request-lists.ts';
import { gaia } from '../cli/a-terminal.ts';
import { anApi } from '../support/api.ts';
import { aWorld } from '../support/world.ts';

/** A whole Gaia at an address, an agent with a key, and people who decide what it asks. */
async function aPlace() {
  const world = await aWorld({ approvers: ['111'] });
  const api = anApi(world);
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  serve(httpRoutes(api.door, port));
  onTestFinished(() => close(server, 0));
  const { secret } = await api.agent('claude');
  const env = { GAIA_URL: `http://127.0.0.1:${port}`, GAIA_API_KEY: secret };
  const payload = (of: object = {}) =>
    JSON.stringify({
      ...{ session_id: 's', cwd: world.cwd, hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_use_id: 't' },
      ...{ tool_input: { command: 'ls -l' } },
      ...of,
    });
  /** what it asks for, once it has */
  const asked = async (): Promise<Request> => {
    for (;;) {
      const [request] = await listRequests(world.db.read, { state: 'pending', limit: 1 });
      if (request) return request;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { world, env, payload, asked };
}

describe('a coding agent behind its hook', () => {
  test('goes ahead once a person has approved; the permit is used up', async () => {
    const { world, env, payload, asked } = await aPlace();
    const running = gaia(['hook', 'claude-code'], { env, stdin: payload() });
    const request = await asked();
    expect(request).toMatchObject({ mode: 'client', payload: { command: { argv: ['ls', '-l'], cwd: world.cwd } } });
    await world.person('111').approves(request);
    const { stdout } = await running;
    expect(JSON.parse(stdout).hookSpecificOutput).toMatchObject({ permissionDecision: 'allow' });
    expect(await world.now(request)).toMatchObject({ state: 'released' });

    const again = await gaia(['hook', 'claude-code'], { env, stdin: payload() });
    expect(JSON.parse(again.stdout).hookSpecificOutput).toMatchObject({ permissionDecision: 'deny' });
  });

  test('is told why it may not', async () => {
    const { world, env, payload, asked } = await aPlace();
    const running = gaia(['hook', 'claude-code'], { env, stdin: payload() });
    await world.person('111').denies(await asked(), 'too_risky', 'look into /srv first');
    expect(JSON.parse((await running).stdout).hookSpecificOutput).toMatchObject({
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('Too risky: look into /srv first'),
    });
  });
});

describe('a clone behind its pre-push hook', () => {
  const refs = 'refs/heads/main 1111 refs/heads/main 0000\n';
  /** Runs the hook with a stand-in for `gaia` that keeps what it was called with and ends with `exit`. */
  function push(exit: number, input = refs): { exit: number; called: string } {
    const directory = mkdtempSync(join(tmpdir(), 'gaia-push-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const [stand, called] = [join(directory, 'gaia'), join(directory, 'called')];
    writeFileSync(called, '');
    writeFileSync(stand, `#!/bin/sh\nprintf '%s\\n' "$@" > "${called}"\nexit ${exit}\n`, { mode: 0o755 });
    const hook = new URL('../../runbooks/pre-push', import.meta.url).pathname;
    const run = spawnSync('sh', [hook, 'origin', 'https://user:hunter2@git.example/a.git'], {
      input,
      env: { PATH: process.env.PATH ?? '', GAIA: stand },
    });
    return { exit: run.status ?? -1, called: readFileSync(called, 'utf8') };
  }
  test('asks with what is pushed and where, without the secret of its address', () => {
    const { exit, called } = push(0);
    expect(exit).toBe(0);
    expect(called).toContain('refs/heads/main 1111');
    expect(called).toContain('https://git.example/a.git');
    expect(called).not.toContain('hunter2');
  });
  test('keeps everything here on any other answer, and when Gaia is not reachable', () => {
    expect(push(3).exit).toBe(3);
    expect(push(8).exit).toBe(8);
  });
  test('asks nobody where nothing is pushed', () => expect(push(3, '')).toEqual({ exit: 0, called: '' }));
});
