import type { By } from '../core/access/actor.ts';
import { readSilence } from '../core/alerts/silence.ts';
import { notFound } from '../core/errors.ts';
import { nearest } from '../core/policy/nearest.ts';
import { redact } from '../core/secrets/redact.ts';
import { endSilences, findSilence, insertSilence, listAlerts } from '../store/alerts.ts';
import type { Tx } from '../store/database.ts';
import { alertRules, alertSubject } from './alerts.ts';
import { type App, eventBy } from './app.ts';
import { tellWhereOpen } from './chats.ts';
import { mustOperate } from './operators.ts';

export interface Silencing {
  alert: string;
  /** as somebody wrote it (`1h`), or null to end the silence */
  length: string | null;
  reason: string | null;
}

/** Lets an alert be quiet for a while, not for less than it is already, or lets it speak again. It goes on moving; people are not told. */
export const silence = (app: App, silencing: Silencing, by: By): Promise<{ alert: string; until: number | null }> =>
  app.db.write((tx) => silenceIn(app, tx, silencing, by));

/** The same within a work that does more. */
export async function silenceIn(
  app: App,
  tx: Tx,
  { alert: typed, length, reason: said }: Silencing,
  by: By,
): Promise<{ alert: string; until: number | null }> {
  mustOperate(app, by);
  const alert = await known(app, tx, typed.trim());
  const reason = said === null ? null : redact(said, app.inForce.policy.secrets);
  const until = length === null ? null : tx.now + readSilence(length) * 1_000;
  const present = await findSilence(tx, alert, tx.now);
  if (present && until !== null && present.until >= until) {
    // to shorten one it is ended first: a button that says 1 h must not
    const { until: longer, reason: why } = present;
    await tellWhereOpen(app, tx, {
      subject: 'system',
      body: { about: 'silenced', by: present.createdBy, alert, until: longer, reason: why },
    });
    return { alert, until: longer };
  }
  const ended = await endSilences(tx, alert, by.actor);
  if (until === null && ended === 0) return { alert, until };
  if (until !== null) await insertSilence(tx, { alert, createdAt: tx.now, createdBy: by.actor, until, reason });
  tx.record(
    eventBy(by, until === null ? 'alert.unsilenced' : 'alert.silenced', alertSubject(alert), { until, reason }),
  );
  await tellWhereOpen(app, tx, { subject: 'system', body: { about: 'silenced', by: by.actor, alert, until, reason } });
  return { alert, until };
}

async function known(app: App, tx: Tx, name: string): Promise<string> {
  const names = [...alertRules(app).map((rule) => rule.name), ...(await listAlerts(tx)).map((alert) => alert.name)];
  if (names.includes(name)) return name;
  const meant = nearest(name, names);
  throw notFound(name === '' ? 'Name the alert.' : `There is no alert ${name.slice(0, 60)}.`, {
    reason: 'no_such_alert',
    remedy: `${meant ? `Did you mean ${meant}? ` : ''}/alerts (or gaia alerts list) shows their names.`,
  });
}
