import { type By, personOf } from '../core/access/actor.ts';
import { type ReminderStage, snoozeMs, stageOf } from '../core/approval/reminder.ts';
import type { Request } from '../core/approval/request.ts';
import { priorities } from '../core/delivery/card.ts';
import { conflict, forbidden, invalid } from '../core/errors.ts';
import { listCards } from '../store/cards.ts';
import { presentChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { findReminders, listToRemind, saveReminders } from '../store/reminders.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { putCard } from './cards.ts';
import { notify, owe, placeOf } from './deliveries.ts';

/** Reminds people of what waits, at half of its time and at nine tenths. Returns how many requests that were. */
export async function remindDue(app: App, now: number): Promise<number> {
  let reminded = 0;
  for (const id of await listToRemind(app.db.read, now)) {
    reminded += await app.db.write(async (tx) => {
      const request = await getRequest(tx, id);
      const reminders = await findReminders(tx, id);
      const stage = stageOf(request, tx.now);
      const isSnoozed = (reminders.snoozedUntil ?? 0) > tx.now;
      if (request.state !== 'pending' || stage <= reminders.sent || stage === 0 || isSnoozed) return 0;
      await saveReminders(tx, { ...reminders, sent: stage });
      await remind(app, tx, request, stage);
      return 1;
    });
  }
  return reminded;
}

/** Where its card is; when little time is left, its card also goes where others can be found. */
async function remind(app: App, tx: Tx, { id }: Request, stage: ReminderStage): Promise<void> {
  const { audience } = app;
  const body = { about: 'reminder' as const, requestId: id, stage };
  if (audience.kind === 'terminal') return notify(app, tx, `request:${id}`, body);
  for (const { chat, topic } of await listCards(tx, id)) {
    await owe(app, tx, {
      channel: 'telegram',
      kind: 'notice',
      chat,
      topic,
      cardId: null,
      subject: `request:${id}`,
      body,
      priority: priorities.reminder,
      dueAt: tx.now,
    });
  }
  if (stage === 2 && audience.escalationChat !== undefined) {
    const { chat, topic } = placeOf(audience.escalationChat);
    await putCard(app, tx, id, await presentChat(tx, chat), topic);
  }
}

/** Puts the reminders of a request off; it goes on to wait, and expires when it would. */
export const snooze = (app: App, id: string, ms: number, by: By): Promise<{ until: number }> =>
  app.db.write((tx) => snoozeIn(app, tx, id, ms, by));

/** The same within a work that does more. */
export async function snoozeIn(app: App, tx: Tx, id: string, ms: number, by: By): Promise<{ until: number }> {
  const personId = personOf(by.actor);
  if (personId === undefined || ![...app.people.approvers, ...app.people.operators].includes(personId)) {
    throw forbidden('Only the people of this Gaia put reminders off.', {
      reason: 'not_an_approver',
      remedy: 'Ask whoever runs it to add your id to the approvers.',
    });
  }
  if (!(ms >= 60_000 && ms <= snoozeMs.most)) {
    throw invalid('That is no time to snooze.', {
      reason: 'no_duration',
      remedy: 'Between 1m and 24h, for example: /snooze r-7F3K2Q 15m',
    });
  }
  const request = await getRequest(tx, id);
  if (request.state !== 'pending') {
    throw conflict(`Request ${id} is ${request.state}; nobody is reminded of it.`, {
      reason: 'already_settled',
      remedy: 'Nothing needs to be done.',
      facts: { state: request.state },
    });
  }
  const until = tx.now + ms;
  await saveReminders(tx, { ...(await findReminders(tx, id)), snoozedUntil: until, snoozedBy: personId });
  tx.record(eventBy(by, 'request.snoozed', `request:${id}`, { until }));
  return { until };
}
