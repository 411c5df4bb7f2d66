import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GaiaClient } from '../../client/client.ts';
import { readConfig } from '../../config.ts';
import type { Submission } from '../../core/approval/submission.ts';
import { quoteArgv } from '../../core/text/quote.ts';
import { readSecretFile } from '../../home/secret-file.ts';
import { processLog } from '../../log.ts';
import { startGaia } from '../../main.ts';

const policy = `version: 1
rules:
  - name: it touches production
    match: { kind: command, argv: ["./deploy.sh"] }
    tier: high
    ttl: 20m
  - name: it removes recursively
    match: { argv: ["rm"], flags: ["-r", "-R", "--recursive"] }
    deny: rm never removes whole directories here.
    remedy: Name the files that should go, or ask a person to make room.
bind: ["site/*.html"]
`;

/** `gaia demo`: a Gaia on a directory of its own, agents that ask, and you to decide. Everything is gone when it ends. */
export async function demo(): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'gaia-demo-')));
  const home = join(directory, 'gaia');
  const work = join(directory, 'work');
  layOut(home, work);
  const config = readConfig({ GAIA_HOME: home, GAIA_PORT: '0', LOG_LEVEL: 'warn' }, { cwd: directory });
  const log = processLog(config.logLevel, { stream: process.stderr, isTerminal: true });
  const gaia = await startGaia(config, { log, write: async (line) => say(line), isTerminal: true });

  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort());
  try {
    say(invitation(gaia.url, (await gaia.signInLink()) ?? gaia.url, directory));
    const admin = new GaiaClient({ url: gaia.url, key: (await readSecretFile(join(home, 'admin.key')))?.trim() ?? '' });
    const agents = [];
    for (const [name, day] of Object.entries(sampleDay(work))) {
      const { secret } = await admin.createKey({ name, owner: 'local' });
      agents.push(
        playAgent(name, new GaiaClient({ url: gaia.url, key: secret, signal: ended.signal }), day, ended.signal),
      );
    }
    await Promise.all(agents);
    if (!ended.signal.aborted) {
      say('\nThe agents are done. The console stays up until you press Ctrl-C.');
      await new Promise((resolve) => ended.signal.addEventListener('abort', resolve, { once: true }));
    }
  } finally {
    await gaia.stop();
    rmSync(directory, { recursive: true, force: true });
    say('The demo is over; its directory is gone.');
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const invitation = (url: string, link: string, directory: string): string => `
A throw-away Gaia runs at ${url}; it lives in ${directory} and goes with this demo.

  1. Open this link and press Sign in (works once, for 5 minutes):
     ${link}
  2. Watch requests come in. Open one: everything that would happen stands there.
  3. Approve or deny with a reason. “deploy” asks twice; the removal and the token never reach you.
  4. Look at the log: Log in the menu, or in another terminal
     GAIA_HOME=${join(directory, 'gaia')} npx gaia audit verify

Nothing is executed: every command is a rehearsal. Ctrl-C ends it.
`;

function layOut(home: string, work: string): void {
  mkdirSync(home, { mode: 0o700 });
  mkdirSync(join(work, 'site'), { recursive: true });
  writeFileSync(join(home, 'policy.yaml'), policy);
  writeFileSync(join(work, 'site', 'index.html'), '<h1>Hello</h1>\n');
  writeFileSync(join(work, 'deploy.sh'), '#!/bin/sh\nset -eu\ntar czf /srv/releases/site.tgz site\n');
  chmodSync(join(work, 'deploy.sh'), 0o755);
}

type Step = { afterSeconds: number; submission: Submission };

/** What three agents want in the course of a day of two minutes. */
function sampleDay(cwd: string): Record<string, Step[]> {
  const command = (afterSeconds: number, argv: string[], title: string, reason: string): Step => ({
    afterSeconds,
    submission: { kind: 'command', title, reason, command: { argv, cwd } },
  });
  return {
    builder: [
      command(1, ['ls', '-l', 'site'], 'List the site', 'I want to see what is there before I change it.'),
      command(20, ['tar', 'czf', 'site.tgz', 'site'], 'Pack the site', 'The release needs one archive.'),
      command(
        25,
        ['sh', '-c', 'date > built-at && cat built-at'],
        'Note the build time',
        'So that we know which build this is.',
      ),
    ],
    'release-bot': [
      command(6, ['./deploy.sh', '--target', 'production'], 'Deploy the site', 'All checks are green.'),
      {
        afterSeconds: 15,
        submission: {
          kind: 'question',
          title: 'Release window',
          question: {
            text: 'The change freeze begins in two hours. When shall I release?',
            choices: ['Now', 'After the freeze', 'Ask me tomorrow'],
          },
        },
      },
    ],
    'night-owl': [
      command(12, ['rm', '-rf', '/var/lib/site'], 'Make room', 'The disk is nearly full.'),
      command(10, ['echo', `token=ghp_${'0aB1cD2eF3'.repeat(4).slice(0, 36)}`], 'Log in', 'The API wants it.'),
      command(
        15,
        ['echo', 'good\u202Enight\u202C', 'two  blanks'],
        'Say good night',
        'Politeness. (Look closely at the arguments.)',
      ),
    ],
  };
}

/** Asks for one thing after the other, and waits for each answer as an agent would. */
async function playAgent(name: string, client: GaiaClient, day: readonly Step[], signal: AbortSignal): Promise<void> {
  for (const { afterSeconds, submission } of day) {
    try {
      await delay(afterSeconds * 1000, undefined, { signal });
      const request = await client.submit(submission);
      if (request.ended) continue;
      const { state, answer } = await client.wait(request.id, { signal });
      const what =
        submission.kind === 'command'
          ? quoteArgv(submission.command.argv)
          : submission.kind === 'question'
            ? submission.question.text
            : submission.kind;
      say(`(${name} learns: “${what.slice(0, 60)}” is ${state}${answer ? `: ${answer}` : ''})`);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}
