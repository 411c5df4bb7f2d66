import { asc, eq, gt } from 'drizzle-orm';
import type { LoggedEvent } from '../core/audit/verify.ts';
import type { StoredAgent, StoredGrant, StoredKey, StoredSession } from '../core/audit/verify-access.ts';
import type { StoredGate, StoredIntent, StoredRun } from '../core/audit/verify-github.ts';
import type { StoredRequest } from '../core/audit/verify-request.ts';
import type { StoredPolicy } from '../core/audit/verify-system.ts';
import type { Handle } from './database.ts';
import { statement } from './statement.ts';

// Rows as they are stored, for checking them against the log: by id, after one, with their structured values unread.

const afterId = statement('audit.requestsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.requests).where(gt(t.requests.id, $.id)).orderBy(asc(t.requests.id)).limit($.limit),
);

export const listRequestRows = (q: Handle, id: string, limit: number): Promise<StoredRequest[]> =>
  q.run(afterId, { id, limit });

const byId = statement('audit.request', (q, $: { id: string }, { t }) =>
  q.select().from(t.requests).where(eq(t.requests.id, $.id)),
);

export async function findRequestRow(q: Handle, id: string): Promise<StoredRequest | undefined> {
  return (await q.run(byId, { id }))[0];
}

const permitOf = statement('audit.permit', (q, $: { requestId: string }, { t }) =>
  q
    .select({ digest: t.permits.digest, issuedAt: t.permits.issuedAt, takenAt: t.permits.takenAt })
    .from(t.permits)
    .where(eq(t.permits.requestId, $.requestId)),
);

export async function findPermit(
  q: Handle,
  requestId: string,
): Promise<{ digest: string; issuedAt: number; takenAt: number | null } | undefined> {
  return (await q.run(permitOf, { requestId }))[0];
}

const aboutSubject = statement('audit.eventsOf', (q, $: { subject: string }, { t }) =>
  q
    .select({ event: t.events, detail: t.eventDetails.detail })
    .from(t.events)
    .leftJoin(t.eventDetails, eq(t.eventDetails.seq, t.events.seq))
    .where(eq(t.events.subject, $.subject))
    .orderBy(asc(t.events.seq)),
);

/** Every event about one subject, oldest first. */
export const listEventsOf = async (q: Handle, subject: string): Promise<LoggedEvent[]> =>
  (await q.run(aboutSubject, { subject })).map(({ event, detail }) => ({ ...event, detail }));

const grantsAfter = statement('audit.grantsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.grants).where(gt(t.grants.id, $.id)).orderBy(asc(t.grants.id)).limit($.limit),
);

export const listGrantRows = (q: Handle, id: string, limit: number): Promise<StoredGrant[]> =>
  q.run(grantsAfter, { id, limit });

export async function findGrantRow(q: Handle, id: string): Promise<StoredGrant | undefined> {
  return (await q.select().from(q.t.grants).where(eq(q.t.grants.id, id)))[0];
}

const keysAfter = statement('audit.keysAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.apiKeys).where(gt(t.apiKeys.id, $.id)).orderBy(asc(t.apiKeys.id)).limit($.limit),
);

export const listKeyRows = (q: Handle, id: string, limit: number): Promise<StoredKey[]> =>
  q.run(keysAfter, { id, limit });

export async function findKeyRow(q: Handle, id: string): Promise<StoredKey | undefined> {
  return (await q.select().from(q.t.apiKeys).where(eq(q.t.apiKeys.id, id)))[0];
}

const sessionsAfter = statement('audit.sessionsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.sessions).where(gt(t.sessions.id, $.id)).orderBy(asc(t.sessions.id)).limit($.limit),
);

export const listSessionRows = (q: Handle, id: string, limit: number): Promise<StoredSession[]> =>
  q.run(sessionsAfter, { id, limit });

export const listAgentRows = (q: Handle): Promise<StoredAgent[]> =>
  q.select().from(q.t.agents) as Promise<StoredAgent[]>;

const policiesAfter = statement('audit.policiesAfter', (q, $: { digest: string; limit: number }, { t }) =>
  q.select().from(t.policies).where(gt(t.policies.digest, $.digest)).orderBy(asc(t.policies.digest)).limit($.limit),
);

export const listPolicyRows = (q: Handle, digest: string, limit: number): Promise<StoredPolicy[]> =>
  q.run(policiesAfter, { digest, limit });

export async function findPolicyRow(q: Handle, digest: string): Promise<StoredPolicy | undefined> {
  return (await q.select().from(q.t.policies).where(eq(q.t.policies.digest, digest)))[0];
}

const runsAfter = statement('audit.runsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.runs).where(gt(t.runs.id, $.id)).orderBy(asc(t.runs.id)).limit($.limit),
);

export const listRunRows = (q: Handle, id: string, limit: number): Promise<StoredRun[]> =>
  q.run(runsAfter, { id, limit });

export async function findRunRow(q: Handle, id: string): Promise<StoredRun | undefined> {
  return (await q.select().from(q.t.runs).where(eq(q.t.runs.id, id)))[0];
}

/** The verdicts on a run in the order they were recorded. */
export const listGateRows = (q: Handle, runId: string): Promise<StoredGate[]> =>
  q.select().from(q.t.gates).where(eq(q.t.gates.runId, runId)).orderBy(asc(q.t.gates.seq)) as Promise<StoredGate[]>;

const intentsAfter = statement('audit.intentsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.intents).where(gt(t.intents.id, $.id)).orderBy(asc(t.intents.id)).limit($.limit),
);

export const listIntentRows = (q: Handle, id: string, limit: number): Promise<StoredIntent[]> =>
  q.run(intentsAfter, { id, limit });

export async function findIntentRow(q: Handle, id: string): Promise<StoredIntent | undefined> {
  return (await q.select().from(q.t.intents).where(eq(q.t.intents.id, id)))[0];
}
