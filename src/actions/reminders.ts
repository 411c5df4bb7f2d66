import { type By, personOf } from '../core/access/actor.ts';
import { type ReminderStage, snoozeMs, stageOf } from '../core/approval/reminder.ts';
import type { Request } from '../core/approval/request.ts';
import { conflict, forbidden, invalid } from '../core/errors.ts';
import { presentChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { findReminders, listSnoozedAndLate, listToRemind, saveReminders } from '../store/reminders.ts';
import { getRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { putCard } from './cards.ts';
import { notify, oweOne, placeOf } from './deliveries.ts';

/** Of so many at once in one chat each is told of on its own; more become one list. */
const mostAlone = 3;

/** Reminds people of what waits, at half of its time and at nine tenths. Returns how many requests that were. */
export async function remindDue(app: App, now: number): Promise<number> {
  await escalateSnoozed(app, now);
  const ids = await listToRemind(app.db.read, now);
  if (ids.length === 0) return 0;
  return app.db.write(async (tx) => {
    const due: Due[] = [];
    for (const id of ids) {
      const request = await getRequest(tx, id);
      const reminders = await findReminders(tx, id);
      const stage = stageOf(request, tx.now);
      const isSnoozed = (reminders.snoozedUntil ?? 0) > tx.now;
      if (request.state !== 'pending' || stage <= reminders.sent || stage === 0 || isSnoozed) continue;
      await saveReminders(tx, { ...reminders, sent: stage });
      due.push({ request, stage });
    }
    await remind(app, tx, due);
    return due.length;
  });
}

interface Due {
  request: Request;
  stage: ReminderStage;
}

/** Where the policy sends each request; when little time is left, its card also goes where others can be found. */
async function remind(app: App, tx: Tx, due: readonly Due[]): Promise<void> {
  const { audience } = app;
  if (audience.kind === 'terminal') {
    for (const { request, stage } of due)
      await notify(app, tx, `request:${request.id}`, { about: 'reminder', requestId: request.id, stage });
    return;
  }
  const placeFor = ({ request }: Due) => request.demand?.chat ?? audience.chat;
  for (const named of new Set(due.map(placeFor))) {
    const here = due.filter((each) => placeFor(each) === named);
    const { chat, topic } = placeOf(named);
    const place = { chat: await presentChat(tx, chat), topic };
    if (here.length > mostAlone)
      await oweOne(app, tx, place, { about: 'reminders', requestIds: here.map(({ request }) => request.id) });
    else
      for (const { request, stage } of here)
        await oweOne(app, tx, place, { about: 'reminder', requestId: request.id, stage });
  }
  for (const { request, stage } of due) if (stage === 2) await escalate(app, tx, request.id);
}

/** Who snoozes puts off what they are told themselves; that others are told in time is not theirs to put off. */
async function escalateSnoozed(app: App, now: number): Promise<void> {
  const { audience } = app;
  if (audience.kind === 'terminal' || audience.escalationChat === undefined) return;
  const { chat } = placeOf(audience.escalationChat);
  const present = await presentChat(app.db.read, chat);
  for (const id of await listSnoozedAndLate(app.db.read, now, present))
    await app.db.write(async (tx) => {
      if ((await getRequest(tx, id)).state === 'pending') await escalate(app, tx, id);
    });
}

async function escalate(app: App, tx: Tx, id: string): Promise<void> {
  const { audience } = app;
  if (audience.kind === 'terminal' || audience.escalationChat === undefined) return;
  const { chat, topic } = placeOf(audience.escalationChat);
  await putCard(app, tx, id, await presentChat(tx, chat), topic);
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
