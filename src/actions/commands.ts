import { type By, person } from '../core/access/actor.ts';
import { snoozeMs } from '../core/approval/reminder.ts';
import { readShortId } from '../core/approval/short-id.ts';
import type { Message } from '../core/delivery/delivery.ts';
import { conflict, forbidden, GaiaError, invalid } from '../core/errors.ts';
import { parseDuration } from '../core/policy/duration.ts';
import { readNumber } from '../core/wire/text.ts';
import { presentChat, saveName } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { findRequest, getRequest, noSuchRequest } from '../store/requests.ts';
import { type App, eventBy, newTraceId } from './app.ts';
import { anonymous } from './card-refusals.ts';
import { putCard } from './cards.ts';
import { commentIn } from './comments.ts';
import { answerIn } from './deliveries.ts';
import { type Resolution, resolveIn, stopCommandIn } from './executions.ts';
import { revokeGrantIn } from './grants.ts';
import { operateByWords } from './operator-commands.ts';
import { pauseIn, resumeIn } from './pauses.ts';
import { snoozeIn } from './reminders.ts';
import { getOpenLogin } from './sessions.ts';
import { type Sender, type Turn, takeTurn } from './updates.ts';

/** The commands of this version, and who may give them. */
export const commands = {
  start: 'anyone',
  help: 'person',
  status: 'person',
  pending: 'person',
  show: 'person',
  audit: 'person',
  output: 'person',
  console: 'person',
  pause: 'operator',
  resume: 'operator',
  stop: 'operator',
  resolve: 'operator',
  grants: 'person',
  revoke: 'person',
  agents: 'person',
  snooze: 'person',
  ask: 'person',
  login: 'person',
  failed: 'person',
  requeue: 'operator',
  discard: 'operator',
  alerts: 'person',
  silence: 'operator',
} as const satisfies Record<string, 'anyone' | 'person' | 'operator'>;
export type CommandName = keyof typeof commands;

export interface WrittenCommand extends Turn {
  name: string;
  /** what stood behind it */
  words: string;
  chat: string;
  topic: number | null;
  isPrivate: boolean;
  from: Sender;
  /** written in the name of a chat or channel, so that nobody knows by whom */
  isAnonymous: boolean;
}

/**
 * A command somebody wrote: the update, its effect, its events and the answer owed are one transaction. A refusal is
 * answered and kept in the log, like everything else.
 */
export async function takeCommand(app: App, written: WrittenCommand): Promise<void> {
  const by: By = { actor: person(written.from.id), source: 'telegram', traceId: newTraceId(app) };
  await app.db.write(async (tx) => {
    if (!(await takeTurn(tx, written))) return;
    const chat = await presentChat(tx, written.chat);
    const answer = (body: Message) => answerIn(app, tx, { chat, topic: written.topic }, body);
    try {
      const barred = mayNot(app, written);
      if (barred) throw barred;
      if (written.name !== 'start') await saveName(tx, written.from.id, written.from.name);
      await carryOut(app, tx, { ...written, chat }, by, answer);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      tx.record(
        eventBy(by, 'command.refused', `chat:${chat}`, {
          command: known(written.name) ?? 'unknown',
          because: error.extras.reason ?? error.code,
        }),
      );
      await answer({ about: 'refusal', message: error.message, remedy: error.extras.remedy ?? null });
    }
  });
}

/** Words in a private chat that are nothing Gaia acts on: its people get the short help, strangers their ids. */
export const takeWords = (
  app: App,
  { from, chat, topic, ...turn }: Turn & Pick<WrittenCommand, 'chat' | 'topic' | 'from'>,
): Promise<void> =>
  app.db.write(async (tx) => {
    if (!(await takeTurn(tx, turn))) return;
    const isKnown = [...app.people.approvers, ...app.people.operators].includes(from.id);
    await answerIn(
      app,
      tx,
      { chat, topic },
      isKnown ? { about: 'help', personId: from.id } : { about: 'ids', personId: from.id, chat },
    );
  });

async function carryOut(
  app: App,
  tx: Tx,
  written: WrittenCommand,
  by: By,
  answer: (body: Message) => Promise<void>,
): Promise<void> {
  const { from, chat, topic, words } = written;
  const name = known(written.name);
  switch (name) {
    case 'start':
      return answer({ about: 'ids', personId: from.id, chat });
    case 'help':
      return answer({ about: 'help', personId: from.id });
    case 'status':
      return answer({ about: 'status' });
    case 'pending':
      return answer({ about: 'pending', offset: readPage(words) });
    case 'show':
      return putCard(app, tx, await readRequestId(tx, words), chat, topic);
    case 'audit':
      return answer({ about: 'log', requestId: words === '' ? null : await readRequestId(tx, words) });
    case 'output': {
      const requestId = await readRequestId(tx, words);
      const { outcome } = await getRequest(tx, requestId);
      if (outcome === null || outcome.stdout + outcome.stderr === '') throw noOutput(requestId);
      return answer({ about: 'output', requestId });
    }
    case 'console':
      if (!written.isPrivate) {
        throw forbidden('A sign-in link is only given in a private chat.', {
          reason: 'private_only',
          remedy: 'Write /console to the bot itself.',
        });
      }
      return answer({ about: 'console', personId: from.id });
    case 'grants':
      return answer({ about: 'grants' });
    case 'agents':
      return answer({ about: 'agents' });
    case 'revoke': {
      const id = readShortId('g', words);
      if (!id)
        throw invalid('Name a grant by its id.', {
          reason: 'no_id',
          remedy: 'Ids look like g-7F3K2Q; /grants lists them.',
        });
      await revokeGrantIn(app, tx, id, by);
      return answer({ about: 'grants' });
    }
    case 'snooze': {
      const [first = '', time = '', ...rest] = words.split(/\s+/);
      const seconds = time === '' ? snoozeMs.usual / 1000 : rest.length === 0 ? parseDuration(time) : undefined;
      const id = await readRequestId(tx, first);
      const { until } = await snoozeIn(app, tx, id, (seconds ?? 0) * 1000, by);
      return answer({ about: 'snoozed', requestId: id, until });
    }
    case 'ask': {
      const [, first = '', question = ''] = /^(\S*)\s*([\s\S]*)$/.exec(words) ?? [];
      const id = await readRequestId(tx, first);
      if (question === '')
        throw invalid('The question is missing.', {
          reason: 'no_question',
          remedy: 'For example: /ask r-7F3K2Q Why now?',
        });
      const asked = await commentIn(app, tx, id, question, by);
      if (asked instanceof GaiaError) throw asked;
      return;
    }
    case 'login': {
      if (!written.isPrivate) {
        throw forbidden('A terminal is only signed in from a private chat.', {
          reason: 'private_only',
          remedy: 'Write /login CODE to the bot itself.',
        });
      }
      const { code, createdAt, expiresAt } = await getOpenLogin(tx, words);
      return answer({ about: 'login_asked', code, begunAt: createdAt, expiresAt });
    }
    case 'pause': {
      const [, kill, reason = ''] = /^(kill\b)?\s*(.*)$/s.exec(words) ?? [];
      await pauseIn(app, tx, { reason: reason === '' ? null : reason.slice(0, 500), kill: kill !== undefined }, by);
      return answer({ about: 'status' });
    }
    case 'resume':
      await resumeIn(app, tx, { acceptGeneration: words === 'accept' }, by);
      return answer({ about: 'status' });
    case 'stop': {
      const request = await stopCommandIn(app, tx, await readRequestId(tx, words), by);
      return answer({ about: 'request', requestId: request.id, because: 'stopping' });
    }
    case 'resolve': {
      const { id, ...found } = await readResolution(tx, words);
      const request = await resolveIn(app, tx, id, found, by);
      return answer({ about: 'request', requestId: request.id, because: request.state });
    }
    case 'failed':
    case 'requeue':
    case 'discard':
    case 'alerts':
    case 'silence':
      return operateByWords(app, tx, { name, words, chat }, by, answer);
    case undefined:
      throw invalid('Gaia does not know this command.', {
        reason: 'unknown_command',
        remedy: '/help lists what it knows.',
      });
  }
}

const noOutput = (id: string) =>
  conflict(`${id} has no output on record.`, {
    reason: 'no_output',
    remedy: 'Output is kept when a command has ended; /show tells how it stands.',
  });

async function readResolution(tx: Tx, words: string): Promise<Resolution & { id: string }> {
  const [, written = '', verdict, rest = ''] = /^(\S*)\s*(executed|failed|resend)?\s*(.*)$/s.exec(words) ?? [];
  const id = await readRequestId(tx, written);
  const { kind } = await getRequest(tx, id);
  const { number, reason } =
    kind === 'changeset' && verdict === 'executed' ? readNamed(rest) : { number: undefined, reason: rest };
  if ((verdict === 'executed' || verdict === 'failed' || verdict === 'resend') && reason.trim() !== '')
    return { id, verdict, reason: reason.trim().slice(0, 2_000), number };
  throw invalid('Say what became of it, and how you know.', {
    reason: 'no_verdict',
    remedy: `Write /resolve ${id} executed <what you saw>, or failed${kind === 'changeset' ? ', or resend' : ''}.`,
  });
}

/** `#12 it is there`: the number, or the id, of what was written, before the words. */
function readNamed(words: string): { number: number | undefined; reason: string } {
  const [, name, reason = ''] = /^(#\S*)\s*(.*)$/s.exec(words) ?? [];
  if (name === undefined) return { number: undefined, reason: words };
  const number = readNumber(name.replace(/[,:;.]$/, ''));
  if (number !== undefined) return { number, reason };
  throw invalid('Behind # stands the number of what was written, or its id.', {
    reason: 'not_a_number',
    remedy: 'Write it in digits, like #12, or leave it out.',
  });
}

const known = (name: string): CommandName | undefined =>
  Object.hasOwn(commands, name) ? (name as CommandName) : undefined;

function mayNot({ people }: App, { name, from, isAnonymous }: WrittenCommand): GaiaError | undefined {
  const who = commands[known(name) ?? 'help'];
  if (who === 'anyone') return undefined;
  if (isAnonymous) return anonymous();
  if (who === 'operator' && !people.operators.includes(from.id)) {
    return forbidden('Only an operator may do this.', { reason: 'not_an_operator', remedy: 'Ask an operator.' });
  }
  if (!people.operators.includes(from.id) && !people.approvers.includes(from.id)) {
    return forbidden('You are not one of the people of this Gaia.', {
      reason: 'not_a_person_here',
      remedy: '/start tells your id; whoever runs Gaia can add it.',
    });
  }
  return undefined;
}

function readPage(words: string): number {
  if (words === '') return 0;
  const page = Number(words);
  if (Number.isInteger(page) && page >= 1 && page <= 1_000) return (page - 1) * pendingAPage;
  throw invalid('That is no page number.', {
    reason: 'no_page',
    remedy: 'Write /pending, or /pending 2 for the second page.',
  });
}

/** Requests on a page of /pending. */
export const pendingAPage = 10;

async function readRequestId(tx: Tx, words: string): Promise<string> {
  const id = readShortId('r', words);
  if (!id)
    throw invalid('Name a request by its id.', {
      reason: 'no_id',
      remedy: 'Ids look like r-7F3K2Q; /pending lists those that wait.',
    });
  if (!(await findRequest(tx, id))) throw noSuchRequest(id);
  return id;
}
