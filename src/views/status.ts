import type { Isolation } from '../core/command/sandbox.ts';
import type { OperationsAnswer } from '../core/wire/answers-operating.ts';
import type { StatusAnswer } from '../core/wire/answers-status.ts';
import { countQuarantined, listChannelStates, listClosedChats } from '../store/channels.ts';
import type { Handle } from '../store/database.ts';
import { countDeliveriesByState } from '../store/deliveries.ts';
import { findLastSeal } from '../store/events.ts';
import { getHead, getInstallation } from '../store/installation.ts';
import { countByState, listPending } from '../store/request-lists.ts';
import { getFigures } from './figures.ts';
import { getOperations, type OperationsFacts } from './operations.ts';
import type { Viewer } from './requests.ts';

export interface StatusFacts extends Viewer {
  policy: { digest: string; rules: number };
  version: string;
  startedAt: number;
  /** whether a bot token is configured */
  hasTelegram?: boolean;
  /** how commands are kept apart; absent: none is started */
  execution?: { isolation: Isolation; user?: string };
  /** absent: only the store can be read */
  operating?: OperationsFacts;
}

/** One honest page: what runs, since when, what waits, and what to do next. */
export async function getStatus(facts: StatusFacts, now: number): Promise<StatusAnswer> {
  const read = facts.db.read;
  const installation = await getInstallation(read);
  const head = await getHead(read);
  const seal = await findLastSeal(read);
  const requests = await countByState(read);
  const deliveries = await countDeliveriesByState(read);
  const [oldest] = await listPending(read, 1);
  const telegram = facts.hasTelegram ? await telegramOf(read) : null;
  const operations = facts.operating && (await getOperations(facts, facts.operating, now));
  const { pausedAt, pausedBy, pauseReason, acceptanceReason } = installation;
  return {
    version: facts.version,
    now,
    startedAt: facts.startedAt,
    generation: installation.generation,
    paused: pausedAt === null ? null : { at: pausedAt, by: pausedBy ?? 'unknown', reason: pauseReason },
    acceptance: acceptanceReason,
    store: facts.db.engine,
    execution: facts.execution?.isolation ?? 'dry_run',
    executionUser: facts.execution?.user ?? null,
    trustBoundary:
      'The boundary is the operating-system user: whoever can read the data directory is the administrator, also an agent that runs as the same user.',
    people: { approvers: [...facts.people.approvers], operators: [...facts.people.operators] },
    policy: facts.policy,
    requests,
    figures: await getFigures(read, now),
    oldestPendingSeconds: oldest ? Math.max(0, Math.floor((now - oldest.createdAt) / 1000)) : null,
    deliveries,
    log: { ...head, lastSealSeq: seal?.seq ?? null, lastSealAt: seal?.at ?? null },
    telegram,
    ...(operations && { operations }),
    next: nextStep({
      acceptanceReason,
      operations: operations ?? null,
      telegram,
      now,
      paused: pausedAt !== null,
      pending: requests.pending ?? 0,
      dead: deliveries.dead ?? 0,
      unknown: requests.unknown ?? 0,
    }),
  };
}

async function telegramOf(read: Handle): Promise<NonNullable<StatusAnswer['telegram']>> {
  const states = await listChannelStates(read);
  const troubled = states.find(({ trouble }) => trouble !== null);
  const heard = states.flatMap(({ heardAt }) => (heardAt === null ? [] : [heardAt]));
  return {
    heardAt: heard.length === 0 ? null : Math.max(...heard),
    trouble: troubled?.trouble ? { at: troubled.troubleAt ?? 0, text: troubled.trouble } : null,
    closedChats: (await listClosedChats(read)).map(({ id, closed }) => ({ chat: id, why: closed ?? '' })),
    quarantinedUpdates: await countQuarantined(read),
  };
}

/** After this long without a completed look, taps are at risk. */
const silentAfterMs = 120_000;

/** `3 requests wait for a decision` */
export const waiting = (pending: number): string =>
  `${pending} ${pending === 1 ? 'request waits' : 'requests wait'} for a decision`;

interface NextFacts {
  operations: OperationsAnswer | null;
  acceptanceReason: string | null;
  telegram: StatusAnswer['telegram'];
  now: number;
  paused: boolean;
  pending: number;
  dead: number;
  unknown: number;
}

function nextStep(facts: NextFacts): string {
  if (facts.acceptanceReason !== null)
    return 'Find out why the store stands behind its log; if you restored it on purpose: gaia resume --accept-generation';
  const { telegram } = facts;
  if (telegram?.trouble) return telegram.trouble.text;
  const [closed] = telegram?.closedChats ?? [];
  if (closed)
    return `Nothing can be sent to the Telegram chat ${closed.chat} (${closed.why}): check the id, add the bot there with the right to write, or write to it; gaia doctor tells more`;
  if (telegram && telegram.heardAt !== null && facts.now - telegram.heardAt > silentAfterMs)
    return 'Telegram has not been heard for more than two minutes: look at the network and at the output of gaia start';
  if (facts.unknown > 0)
    return `Nobody knows what became of ${facts.unknown} ${facts.unknown === 1 ? 'request' : 'requests'} (gaia list --state unknown): look at what it was to change, then gaia resolve ID executed|failed --reason TEXT`;
  if (facts.paused) return 'Nothing new starts. When it may again: gaia resume';
  const { unknown = 0, alerts = [] } = facts.operations ?? {};
  if (unknown > 0)
    return `Nobody knows whether ${unknown === 1 ? 'a request' : `${unknown} requests`} took effect: look at the world, then gaia resolve (runbooks/alerts/outcome_unknown.md)`;
  const [alert] = alerts.filter(({ name, silencedUntil }) => name !== 'deliveries_dead' && silencedUntil === null);
  if (alert)
    return `The alert ${alert.name} ${alert.state === 'firing' ? 'fires' : 'has no data'}: ${alert.runbook ?? '/alerts'} says what to do`;
  if (facts.dead > 0)
    return `${facts.dead} ${facts.dead === 1 ? 'message' : 'messages'} could not be delivered; look at them: ${telegram ? '/failed, or ' : ''}gaia failed`;
  if (facts.pending > 0)
    return `${waiting(facts.pending)}: ${telegram ? 'in Telegram, or in the console (/console to the bot)' : 'gaia console'}`;
  return 'Nothing waits.';
}
