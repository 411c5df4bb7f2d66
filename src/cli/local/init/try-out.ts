import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { GaiaClient } from '../../../client/client.ts';
import { GaiaProblem } from '../../../client/problem.ts';
import type { Config } from '../../../config.ts';
import { visible } from '../../../core/text/visible.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { StatusAnswer } from '../../../core/wire/answers-status.ts';
import { homeAt } from '../../../home/home.ts';
import { readSecretFile } from '../../../home/secret-file.ts';
import { processLog } from '../../../log.ts';
import { startGaia } from '../../../main.ts';
import type { Cli } from '../../cli.ts';
import { fetchByNode } from '../../fetch-by-node.ts';
import { Progress } from '../../progress.ts';
import { span } from '../../text/times.ts';

const testTtlSeconds = 900;
const lookSeconds = 2;
/** How long the card may take to say what was decided, in ms. */
const settleMs = 10_000;

/** Starts Gaia for the time of one TEST request, on a port of its own. */
export async function tryOutAlone(cli: Cli, config: Config, signal: AbortSignal): Promise<RequestAnswer> {
  const { publicUrl: _, ...local } = config;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      cli.terminal.err(String(chunk));
      done();
    },
  });
  const log = processLog(config.logLevel === 'silent' ? 'silent' : 'warn', { stream, isTerminal: true });
  const gaia = await startGaia(
    { ...local, host: '127.0.0.1', port: 0 },
    { log, write: async (line) => cli.note(line) },
  );
  try {
    return await tryOut(cli, { url: gaia.url, home: config.home, signal });
  } finally {
    await gaia.stop();
  }
}

/** Sends a TEST request through a running Gaia and waits until somebody decided on it. An interrupt takes it back. */
export async function tryOut(
  cli: Cli,
  { url, home, signal }: { url: string; home: string; signal: AbortSignal },
): Promise<RequestAnswer> {
  const clientWith = async (path: string) =>
    new GaiaClient({ url, clientName: 'cli', fetch: fetchByNode, key: await keyIn(path) });
  const agent = await clientWith(homeAt(home).agentKey);
  const admin = await clientWith(homeAt(home).adminKey);
  if ((await admin.status()).telegram === null)
    throw new GaiaProblem({
      status: 409,
      code: 'gaia_runs',
      detail: 'The Gaia that runs was started before Telegram was set up.',
      remedy: 'Start it again: gaia stop, then npm start.',
    });
  const { id } = await agent.submit({
    kind: 'command',
    isTest: true,
    title: 'TEST: does your tap arrive?',
    reason: 'gaia init asks, to see whether cards and taps get through. Nothing is run.',
    ttlSeconds: testTtlSeconds,
    idempotencyKey: randomUUID(),
    command: { argv: ['echo', 'Gaia works'], cwd: home },
  });
  try {
    const ended = await decided(cli, agent, admin, id, signal);
    await settled(admin);
    return ended;
  } catch (error) {
    if (!(error instanceof Error && error === signal.reason)) throw error;
    await agent.withdraw(id);
    await settled(admin);
    throw error;
  }
}

async function decided(
  cli: Cli,
  agent: GaiaClient,
  admin: GaiaClient,
  id: string,
  signal: AbortSignal,
): Promise<RequestAnswer> {
  const progress = new Progress(cli.terminal);
  try {
    for (;;) {
      const request = await agent.wait(id, { seconds: lookSeconds, signal });
      if (request.ended) return request;
      signal.throwIfAborted();
      const { telegram } = await admin.status();
      refuseClosed(telegram);
      const left = span(Math.max(0, request.expiresAt - Date.now()));
      const trouble = telegram?.trouble?.text;
      progress.show(
        trouble === undefined ? `Request ${id} waits for your tap on Approve in Telegram` : visible(trouble),
        `, ${left} left`,
      );
    }
  } finally {
    progress.end();
  }
}

function refuseClosed(telegram: StatusAnswer['telegram']): void {
  const [closed] = telegram?.closedChats ?? [];
  if (closed === undefined) return;
  throw new GaiaProblem({
    status: 500,
    code: 'chat_closed',
    detail: `Nothing can be sent to ${closed.chat}: ${closed.why}`,
    remedy: 'Open the chat to the bot, and type gaia init again; what was written stays.',
  });
}

/** Lets the card in the chat say what became of it. */
async function settled(admin: GaiaClient): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const { deliveries } = await admin.status();
    const owed = (deliveries.queued ?? 0) + (deliveries.sending ?? 0) + (deliveries.retrying ?? 0);
    if (owed === 0 || performance.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function keyIn(path: string): Promise<string> {
  const key = await readSecretFile(path);
  if (key !== undefined) return key;
  throw new GaiaProblem({
    status: 401,
    code: 'key_missing',
    detail: `There is no key in ${path}.`,
    remedy: 'Run gaia init as the user that Gaia runs as.',
  });
}
