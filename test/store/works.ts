/** Small works and reads that the store's tests share. */
import type { NewEvent } from '../../src/core/audit/event.ts';
import type { Handle } from '../../src/store/database.ts';
import { type NoValues, statement } from '../../src/store/statement.ts';

const insertAgent = statement('test.insert_agent', (q, $: { id: string; at: number }, { t }) =>
  q.insert(t.agents).values({ id: $.id, createdAt: $.at, createdBy: 'admin' }).returning({ id: t.agents.id }),
);

const listAgents = statement('test.list_agents', (q, _: NoValues, { t }) =>
  q.select().from(t.agents).orderBy(t.agents.id),
);

const listEvents = statement('test.list_events', (q, _: NoValues, { t }) =>
  q.select().from(t.events).orderBy(t.events.seq),
);

export const addAgent = (handle: Handle, id: string) => handle.run(insertAgent, { id, at: 1 });

export const agentsIn = async (handle: Handle): Promise<string[]> =>
  (await handle.run(listAgents, {})).map(({ id }) => id);

export const eventsIn = (handle: Handle) => handle.run(listEvents, {});

export const fact = (subject = 'agent:builder'): NewEvent => ({
  action: 'key.created',
  actor: 'admin',
  source: 'cli',
  subject,
  detail: { name: 'builder' },
  traceId: 't-1',
});
