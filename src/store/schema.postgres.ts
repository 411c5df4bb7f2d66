import { tables } from './tables.ts';
import { postgresWords } from './words-postgres.ts';

/** For drizzle-kit, which reads named exports. */
export const {
  installation,
  logHead,
  events,
  eventDetails,
  seals,
  agents,
  apiKeys,
  sessions,
  signInLinks,
  logins,
  requests,
  idempotencyKeys,
  decisions,
  confirmations,
  permits,
  executions,
  deliveries,
  cards,
  cardMessages,
  buttons,
  updates,
  chats,
  channelCalls,
  channelStates,
  names,
  policies,
  leases,
} = tables(postgresWords);
