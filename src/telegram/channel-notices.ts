import type { App } from '../actions/app.ts';
import { pendingAPage } from '../actions/commands.ts';
import { createSignInLink } from '../actions/sessions.ts';
import { loginButton } from '../actions/taps.ts';
import type { Delivery, Message } from '../core/delivery/delivery.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import type { GrantAnswer } from '../core/wire/answers-access.ts';
import type { StatusAnswer } from '../core/wire/answers-status.ts';
import { listAgentAnswers } from '../views/agents.ts';
import { findShowReferences, nameLookup } from '../views/cards.ts';
import { listEventAnswers } from '../views/events.ts';
import { findGrantAnswer, listGrantAnswers } from '../views/grants.ts';
import { findSealText } from '../views/log.ts';
import { getRequestAnswer, listInbox, type Viewer } from '../views/requests.ts';
import { buttonFor } from './cards/keyboard.ts';
import { operatingSpeech, statusSpeech } from './operating-notices.ts';
import type { Paper, Speech } from './sender/calls.ts';
import { auditText, consoleText, helpText, type TellFacts } from './texts/commands.ts';
import { agentsText, grantsText } from './texts/grants.ts';
import { noticeText } from './texts/notices.ts';
import { pendingText } from './texts/pending.ts';

export interface NoticePorts {
  app: App;
  viewer: Viewer;
  status: () => Promise<StatusAnswer>;
  /** signs the head of the log and gives the seal as a line of text; unless told, the newest one is given */
  seal?: () => Promise<string | null>;
  now: () => number;
  /** IANA name */
  timeZone: string;
}

/** Events that one answer to /audit shows. */
const eventsAPage = 12;

/** Requests named in a notice; it says how many more there are. */
const waitingAtMost = 50;

/** What is told without making a phone ring. */
const silent: ReadonlySet<Message['about']> = new Set([
  'request',
  'policy',
  'caps',
  'resumed',
  'grant_given',
  'grant_used',
  'requeued',
  'discarded',
  'silenced',
  'seal',
]);

/** Finds the words of a notice when it is sent, from how things stand then; undefined where there is nothing to say any more. */
export const noticeWriter =
  (ports: NoticePorts) =>
  async (delivery: Delivery): Promise<Speech | Paper | undefined> => {
    const { now, timeZone, viewer } = ports;
    const facts = { now: now(), timeZone, names: await nameLookup(viewer) };
    const speech = await wordsOf(delivery, ports, facts);
    return speech && silent.has(delivery.body.about) && !('content' in speech) ? { ...speech, isSilent: true } : speech;
  };

async function wordsOf(
  { body, chat, topic }: Delivery,
  { app, viewer, status, seal = async () => (await findSealText(viewer.db)) ?? null }: NoticePorts,
  facts: TellFacts,
): Promise<Speech | Paper | undefined> {
  switch (body.about) {
    case 'request': {
      const request = await getRequestAnswer(viewer, body.requestId);
      return noticeText({ about: 'request', request, because: body.because }, facts);
    }
    case 'away':
      return noticeText({ ...body, waiting: await listInbox(viewer, waitingAtMost) }, facts);
    case 'help': {
      const isApprover = app.people.approvers.includes(body.personId);
      return helpText({ isApprover, isOperator: app.people.operators.includes(body.personId) });
    }
    case 'status':
      return statusSpeech(await status(), { chat, topic }, app, facts);
    case 'failed':
    case 'alerts':
    case 'alert':
    case 'seal':
      return operatingSpeech({ body, chat, topic }, { app, viewer, seal }, facts);
    case 'pending':
      return pendingPage(body.offset, { chat, topic }, viewer, facts);
    case 'log': {
      const { requestId } = body;
      const filter = requestId === null ? {} : { subject: `request:${requestId}` };
      const { events } = await listEventAnswers(viewer, { ...filter, order: 'newest', limit: eventsAPage });
      if (requestId !== null) return auditText({ events, request: { id: requestId } }, facts);
      return auditText({ events, seal: await seal() }, facts);
    }
    case 'output':
      return outputPaper(await getRequestAnswer(viewer, body.requestId));
    case 'grants':
      return grantsText((await listGrantAnswers(viewer, { isLive: true })).grants, facts);
    case 'agents':
      return agentsText((await listAgentAnswers(viewer, app.inForce.policy, facts.now)).agents, facts);
    case 'grant_given':
      return noticeText({ about: 'grant_given', grant: await grantOf(viewer, body.grantId) }, facts);
    case 'grant_used': {
      const request = await getRequestAnswer(viewer, body.requestId);
      return noticeText({ about: 'grant_used', grant: await grantOf(viewer, body.grantId), request }, facts);
    }
    case 'comment': {
      const request = await getRequestAnswer(viewer, body.requestId);
      const comment = request.comments.find(({ id }) => id === body.commentId);
      if (comment === undefined) throw new Error(`comment ${body.commentId} of ${body.requestId} is gone`);
      return noticeText({ about: 'comment', request, comment }, facts);
    }
    case 'login_asked':
      return {
        ...noticeText(body, facts),
        keyboard: [[buttonFor('✓ This is my terminal', loginButton.refFor(body.code))]],
      };
    case 'reminder': {
      const request = await getRequestAnswer(viewer, body.requestId);
      return request.state === 'pending' ? noticeText({ ...body, request }, facts) : undefined;
    }
    case 'reminders': {
      const all = await Promise.all(body.requestIds.map((id) => getRequestAnswer(viewer, id)));
      const requests = all.filter(({ state }) => state === 'pending');
      return requests.length === 0 ? undefined : noticeText({ about: 'reminders', requests }, facts);
    }
    case 'console': {
      const { token, expiresAt } = await createSignInLink(app, body.personId);
      return consoleText({ url: `${viewer.publicUrl}/sign-in/${token}`, expiresAt }, facts);
    }
    default:
      return noticeText(body, facts);
  }
}

/** What a command wrote, whole as far as it was kept, each stream under its name. Redacted before it was ever kept. */
function outputPaper({ id, outcome }: RequestAnswer): Paper {
  const { stdout = '', stderr = '', truncated = false } = outcome ?? {};
  const parts = [
    ...(stdout === '' ? [] : [`=== standard output ===\n${stdout}`]),
    ...(stderr === '' ? [] : [`=== standard error ===\n${stderr}`]),
  ];
  return {
    fileName: `${id}-output.txt`,
    content: `${parts.join('\n')}\n`,
    caption: `${id}: what it wrote${truncated ? '; the middle was left out' : ''}.`,
  };
}

async function grantOf(viewer: Viewer, id: string): Promise<GrantAnswer> {
  const grant = await findGrantAnswer(viewer, id);
  if (grant === undefined) throw new Error(`grant ${id} is gone`);
  return grant;
}

/** A page of what waits. Its Show buttons are those of the chat's list; without one, /show does the same. */
async function pendingPage(
  offset: number,
  place: { chat: string; topic: number | null },
  viewer: Viewer,
  facts: TellFacts,
): Promise<Speech> {
  const all = await listInbox(viewer, 10_000);
  const requests = all.slice(offset, offset + pendingAPage);
  const refer = await findShowReferences(viewer, place);
  const none = '-';
  const page = { requests, offset, waiting: all.length, pageSize: pendingAPage };
  const text = pendingText(page, { ...facts, button: (action) => refer(action) ?? none });
  return { ...text, keyboard: text.keyboard.filter((row) => row.every((button) => button.callback_data !== none)) };
}
