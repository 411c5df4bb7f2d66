import { type Alert, evaluate, newAlert, retire } from '../core/alerts/evaluate.ts';
import { readingOf } from '../core/alerts/reading.ts';
import { type AlertRule, alertRulesOf } from '../core/alerts/rule.ts';
import { type Priority, priorities } from '../core/delivery/card.ts';
import type { AlertChange, AlertMessage, Delivery } from '../core/delivery/delivery.ts';
import { findMetric, type Measured, samplesKeptMs } from '../core/metrics/metrics.ts';
import {
  dropOldAlerts,
  findSilence,
  holdAlert,
  insertAlertMessage,
  listAlertChats,
  listAlerts,
  type Silence,
  saveAlert,
} from '../store/alerts.ts';
import { presentChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { findDelivery } from '../store/dead-deliveries.ts';
import { owesAbout } from '../store/deliveries.ts';
import { dropSamples, insertSample, listSamples } from '../store/metrics.ts';
import { type App, eventBy, gaiaItself, newTraceId } from './app.ts';
import { owe, placeOf } from './deliveries.ts';

/** The rules in force. */
export const alertRules = ({ inForce: { policy } }: App): AlertRule[] =>
  alertRulesOf(policy.alerts.rules, policy.alerts.off);

/** Keeps what was measured, for windows and charts. */
export const keepSamples = (app: App, measured: Measured): Promise<void> =>
  app.db.write(async (tx) => {
    for (const [metric, value] of Object.entries(measured))
      if (value !== null) await insertSample(tx, { metric, at: tx.now, value: Math.round(value) });
    await dropSamples(tx, tx.now - samplesKeptMs);
    await dropOldAlerts(tx, { rules: alertRules(app).map(({ name }) => name), before: tx.now - samplesKeptMs });
  });

/**
 * Looks at every rule in force, or at rules for one look. Each alert's state, its events and the message that tells of it are
 * one transaction. What no rule in force looks at any more is over.
 */
export async function evaluateAlerts(app: App, measured: Measured, rules?: readonly AlertRule[]): Promise<Alert[]> {
  const inForce = alertRules(app);
  const alerts: Alert[] = [];
  for (const rule of rules ?? inForce) {
    const alert = await app.db.write((tx) => evaluateOne(app, tx, rule, measured));
    if (alert) alerts.push(alert);
  }
  if (rules !== undefined) return alerts;
  const looked = new Set(alerts.map(({ name }) => name));
  for (const { name, state, deliveryId } of await listAlerts(app.db.read)) {
    if (looked.has(name) || (state === 'inactive' && deliveryId === null)) continue;
    await app.db.write((tx) =>
      retireOne(
        app,
        tx,
        name,
        inForce.some((rule) => rule.name === name),
      ),
    );
  }
  return alerts;
}

/** A look of somebody's own counts for so long. */
const lookCountsMs = 3_600_000;

/** Ends what nothing looks at any more, and says why. */
async function retireOne(app: App, tx: Tx, name: string, hasRule: boolean): Promise<void> {
  const before = await holdAlert(tx, name);
  const isLook = name.startsWith('check:');
  if (!before || (isLook && tx.now - before.checkedAt < lookCountsMs)) return;
  const because = isLook
    ? 'nobody looked at it for an hour'
    : hasRule
      ? 'what it watches does not apply here any more'
      : 'its rule was removed or turned off';
  const { alert, moves, tell } = retire(before, tx.now);
  const by = gaiaItself(newTraceId(app));
  for (const state of moves)
    tx.record(eventBy(by, `alert.${state}`, alertSubject(name), { value: alert.value, because }));
  const last = before.deliveryId === null ? undefined : await findDelivery(tx, before.deliveryId);
  if (last?.body.about !== 'alert') return saveAlert(tx, { ...alert, deliveryId: null });
  const rule = { ...last.body.rule, name, because };
  const silence = await findSilence(tx, name, tx.now);
  const told =
    tell === undefined
      ? await tellHeldEnd(app, tx, rule, alert, silence)
      : await tellOf(app, tx, rule, { before, alert, tell, silence });
  await saveAlert(tx, told.deliveryId === before.deliveryId ? await carryOn(app, tx, told) : told);
}

/** What a message tells of a rule. */
type ToldRule = AlertMessage['rule'] & { name: string; because?: string };

async function evaluateOne(app: App, tx: Tx, rule: AlertRule, measured: Measured): Promise<Alert | undefined> {
  const samples = await listSamples(tx, findMetric(rule.metric)?.name ?? rule.metric, tx.now - (rule.windowMs ?? 0));
  const reading = readingOf(rule, measured, samples);
  if (reading === undefined) return undefined;
  const before = (await holdAlert(tx, rule.name)) ?? newAlert(rule.name, tx.now);
  const { alert, moves, tell } = evaluate(rule, before, reading === null ? null : Math.round(reading), tx.now);
  const by = gaiaItself(newTraceId(app));
  for (const state of moves)
    tx.record(eventBy(by, `alert.${state}`, `alert:${rule.name}`, { value: alert.value, limit: rule.limit }));
  const silence = await findSilence(tx, rule.name, tx.now);
  const told =
    tell === undefined
      ? await tellHeldEnd(app, tx, rule, alert, silence)
      : await tellOf(app, tx, rule, { before, alert, tell, silence });
  const carried = told.deliveryId === before.deliveryId ? await carryOn(app, tx, told) : told;
  await saveAlert(tx, carried);
  return carried;
}

interface Telling {
  before: Alert;
  alert: Alert;
  tell: AlertChange;
  silence: Silence | undefined;
}

async function tellOf(app: App, tx: Tx, rule: ToldRule, { before, alert, tell, silence }: Telling): Promise<Alert> {
  const firedAt = alert.firedAt ?? before.firedAt;
  const body = messageOf(rule, { ...alert, firedAt }, tell, tx.now);
  if (tell === 'edit') {
    if (await owesAbout(tx, alertSubject(rule.name), () => true)) return alert;
    await refreshMessages(app, tx, body);
    return { ...alert, editedAt: tx.now };
  }
  // whoever was never told that it fires is not told that it does no more
  const isNews = tell !== 'resolved' || before.firedAt === null || (before.toldAt ?? -1) >= before.firedAt;
  if (tell === 'resolved') await refreshMessages(app, tx, { ...body, change: 'edit' });
  if (silence || !isNews) return tell === 'resolved' ? { ...alert, deliveryId: null } : alert;
  if (tell === 'resolved' && (await owesAbout(tx, alertSubject(rule.name), isNoEdit))) {
    // that it fires has not arrived yet, and nothing may overtake it; where it was told instead, its end is told now
    if (alert.place > 0) await tellIn(app, tx, alert.place, { ...body, fallback: 'that it fires was told here too' });
    return alert;
  }
  const deliveryId = await tellIn(app, tx, 0, body);
  return { ...alert, toldAt: tx.now, editedAt: null, deliveryId, place: 0 };
}

/** An end that was held back is told as soon as nothing is left that it could overtake. */
async function tellHeldEnd(
  app: App,
  tx: Tx,
  rule: ToldRule,
  alert: Alert,
  silence: Silence | undefined,
): Promise<Alert> {
  if (alert.firedAt !== null || alert.deliveryId === null || silence) return alert;
  const last = await findDelivery(tx, alert.deliveryId);
  if (last?.body.about !== 'alert' || last.body.change === 'resolved') return alert;
  if (alert.state === 'no_data' || (await owesAbout(tx, alertSubject(rule.name), isNoEdit))) return alert;
  const body = { ...messageOf(rule, alert, 'resolved', alert.since), firedAt: last.body.firedAt };
  return { ...alert, toldAt: tx.now, deliveryId: await tellIn(app, tx, 0, body), place: 0 };
}

/** Bringing a message up to date is no news that something else could overtake. */
const isNoEdit = ({ body }: Delivery): boolean => body.about === 'alert' && body.change !== 'edit';

const messageOf = (rule: ToldRule, alert: Alert, change: AlertChange, at: number): AlertMessage => {
  const { summary, severity, metric, when, limit, windowMs, because } = rule;
  const { name, episode, value, firedAt } = alert;
  const told = { summary, severity, metric, when, limit, ...(windowMs === undefined ? {} : { windowMs }) };
  return { about: 'alert', name, episode, change, value, at, firedAt, rule: told, ...(because ? { because } : {}) };
};

/** How long a message about an alert may take before it is brought another way. */
const patienceMs = 120_000;

/** Brings the last message another way where the one it was on did not take it: the next chat, at last the terminal. */
async function carryOn(app: App, tx: Tx, alert: Alert): Promise<Alert> {
  const delivery = alert.deliveryId === null ? undefined : await findDelivery(tx, alert.deliveryId);
  if (delivery?.body.about !== 'alert' || alert.place + 1 >= placesOf(app).length) return alert;
  const late = ['queued', 'sending', 'retrying'].includes(delivery.state) && tx.now - delivery.createdAt >= patienceMs;
  if (delivery.state !== 'dead' && !late) return alert;
  const fallback = `${delivery.channel === 'telegram' ? `the chat ${delivery.chat}` : 'the terminal'} did not take it${delivery.error ? ` (${delivery.error})` : ''}`;
  const deliveryId = await tellIn(app, tx, alert.place + 1, { ...delivery.body, fallback });
  return { ...alert, deliveryId, place: alert.place + 1 };
}

/** Where alerts are told, in this order. */
function placesOf({ audience }: App): ('terminal' | string)[] {
  if (audience.kind === 'terminal') return ['terminal'];
  const { noticeChat, escalationChat } = audience;
  return [
    noticeChat,
    ...(escalationChat !== undefined && escalationChat !== noticeChat ? [escalationChat] : []),
    'terminal',
  ];
}

async function tellIn(app: App, tx: Tx, index: number, body: AlertMessage): Promise<string> {
  const place = placesOf(app)[index] ?? 'terminal';
  const priority = body.change === 'firing' ? priorities.reminder : priorities.notice;
  if (place === 'terminal')
    return owe(app, tx, notice({ channel: 'terminal', chat: '', topic: null }, body, priority, tx.now));
  const { chat, topic } = placeOf(place);
  const to = { channel: 'telegram' as const, chat: await presentChat(tx, chat), topic };
  return owe(app, tx, notice(to, body, priority, tx.now));
}

/** What an event and a message about an alert are about. */
export const alertSubject = (name: string): string => `alert:${name}`;

const notice = (
  to: Pick<Delivery, 'channel' | 'chat' | 'topic'>,
  body: AlertMessage,
  priority: Priority,
  dueAt: number,
) => ({ ...to, kind: 'notice' as const, cardId: null, subject: alertSubject(body.name), body, priority, dueAt });

/** Brings the messages of an episode up to date, wherever they are. */
async function refreshMessages(app: App, tx: Tx, body: AlertMessage): Promise<void> {
  for (const chat of await listAlertChats(tx, body.name, body.episode))
    await owe(app, tx, notice({ channel: 'telegram', chat, topic: null }, body, priorities.notice, tx.now));
}

/** Notes the message that tells of a firing alert, so that it can be edited. */
export async function noteAlertMessage(tx: Tx, { body, chat }: Delivery, messageId: number): Promise<void> {
  if (body.about !== 'alert' || body.change === 'edit' || body.change === 'resolved') return;
  await insertAlertMessage(tx, { alert: body.name, episode: body.episode, chat, messageId, sentAt: tx.now });
}
