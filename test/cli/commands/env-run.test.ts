import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gaia } from '../a-terminal.ts';

const token = '123456789:AAE-this-is-the-token-of-the-bot-x';
const key = `gaia_abcdefgh_${'k'.repeat(43)}`;

function aDirectory(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-env-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  return directory;
}

const envRun = (cwd: string, env: Record<string, string> = {}, argv = ['env']) =>
  gaia(['env', 'run', '--file', 'vars', '--', ...argv], { cwd, env });

describe('gaia env run', () => {
  test('gives the variables of the file, over those of the caller', async () => {
    const cwd = aDirectory({ vars: '# mine\nexport A="of the file"\nB=2\n' });
    const run = await envRun(cwd, { A: 'of the caller', C: '3' });
    expect(run).toMatchObject({ exit: 0, stderr: '' });
    expect(run.stdout.split('\n')).toEqual(expect.arrayContaining(['A=of the file', 'B=2', 'C=3']));
  });

  test.each([
    ['exit 6', 6],
    ['kill -HUP $$', 129],
  ])('ends with the code of the command (%s)', async (script, exit) => {
    expect((await envRun(aDirectory({ vars: '' }), {}, ['sh', '-c', script])).exit).toBe(exit);
  });

  test('takes every secret of Gaia out of the environment, under any name', async () => {
    const cwd = aDirectory({
      vars: 'A=1\n',
      '.env': `MONITOR_ADMIN_TOKEN=monitor-token-1\n`,
      'agent.key': `${key}\n`,
    });
    const own = {
      ...{ TELEGRAM_BOT_TOKEN: token, DATABASE_URL: 'postgres://u:pw@h/gaia', GAIA_API_KEY: key },
      ...{ GITHUB_TOKEN: 'ghs_of_gaia_itself', GITHUB_APP_PRIVATE_KEY_FILE: '/srv/key.pem' },
      ...{ GITHUB_WEBHOOK_SECRET: 'webhook-1', GITHUB_WEBHOOK_SECRET_PREVIOUS: 'webhook-0' },
    };
    const copies = {
      BOT: token,
      API: `https://api.example/bot${token}/`,
      MONITOR: 'monitor-token-1',
      SESSION: `Bearer gaia_session_${'s'.repeat(43)}`,
    };
    const run = await envRun(cwd, { ...own, ...copies, GAIA_HOME: cwd, KEPT: 'kept' });
    expect(run.exit).toBe(0);
    expect(run.stdout).toContain('KEPT=kept');
    for (const [name, value] of Object.entries({ ...own, ...copies })) {
      expect(run.stdout).not.toContain(`${name}=`);
      expect(run.stdout).not.toContain(value);
    }
  });

  test.each([
    ['by its name', 'A=1\nTELEGRAM_BOT_TOKEN=x\n', 'TELEGRAM_BOT_TOKEN'],
    ['by its value', `OTHER=${token}\n`, 'OTHER'],
    ['inside another value', `URL=https://api.example/bot${token}/\n`, 'URL'],
    ['as a key of Gaia', `K=gaia_admin_${'a'.repeat(43)}\n`, 'K'],
  ])('refuses a file that hands over a secret of Gaia %s, and does not repeat it', async (_, vars, name) => {
    const run = await envRun(aDirectory({ vars }), { TELEGRAM_BOT_TOKEN: token });
    expect([run.exit, run.programs]).toEqual([125, []]);
    expect(run.stderr).toContain(name);
    expect(run.stderr).not.toMatch(/AAE-this|gaia_admin_/);
  });

  test('refuses a file that others may use, that is none, or that is not there', async () => {
    const open = aDirectory({ vars: 'A=1\n' });
    chmodSync(join(open, 'vars'), 0o640);
    const directory = aDirectory({});
    symlinkSync('/', join(directory, 'vars'));
    for (const [cwd, words] of [
      [open, 'chmod 600'],
      [directory, 'not a regular file'],
      [aDirectory({}), 'ENOENT'],
    ] as const) {
      const run = await envRun(cwd);
      expect([run.exit, run.programs]).toEqual([125, []]);
      expect(run.stderr).toContain(words);
    }
  });

  test('says what is missing with 125', async () => {
    const cwd = aDirectory({ vars: '' });
    const runs = [
      await gaia(['env', 'run', '--', 'true'], { cwd }),
      await gaia(['env', 'run', '--file', 'vars'], { cwd }),
      await envRun(cwd, {}, ['no-such-program-here']),
    ];
    expect(runs.map(({ exit }) => exit)).toEqual([125, 125, 125]);
    expect(runs[0]?.stderr).toContain('--file');
  });
});
