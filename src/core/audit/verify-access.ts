import { sha256 } from '../canonical.ts';
import { disagreements, parsedOrNothing, said, toldBy, unrecorded } from './told.ts';
import type { LogFault, LoggedEvent } from './verify.ts';

/** A key's row; its scopes as the text that is stored, its secret as the stored hash. */
export interface StoredKey {
  id: string;
  agentId: string;
  hash: string;
  scopes: string;
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  revokedAt: number | null;
  revokedBy: string | null;
  replaces: string | null;
}

/** A grant's row. */
export interface StoredGrant {
  id: string;
  agentId: string;
  effectDigest: string;
  requestId: string;
  generation: number;
  givenBy: string;
  givenAt: number;
  expiresAt: number;
  usesMax: number;
  uses: number;
  endedAt: number | null;
  endedBy: string | null;
  endCode: string | null;
}

/** Compares a grant with the events about it: what it allows, how often it was used, and how it ended. */
export function verifyGrant(grant: StoredGrant, events: readonly LoggedEvent[]): LogFault[] {
  const told = toldBy(events);
  const given = told.find(({ action }) => action === 'grant.given');
  if (given === undefined) return [unrecorded(`Grant ${grant.id}`)];
  const uses = told.filter(({ action }) => action === 'grant.used').length;
  const over = told.find(({ action }) => action === 'grant.revoked' || action === 'grant.expired');
  return disagreements(`Grant ${grant.id}`, (over ?? given).seq, {
    agent: [grant.agentId, said(given, 'agent')],
    'effect digest': [grant.effectDigest, said(given, 'effectDigest')],
    request: [grant.requestId, said(given, 'request')],
    generation: [grant.generation, said(given, 'generation')],
    'who gave it': [`person:${grant.givenBy}`, given.actor],
    'time it was given': [grant.givenAt, said(given, 'givenAt')],
    expiry: [grant.expiresAt, said(given, 'expiresAt')],
    'number of uses allowed': [grant.usesMax, said(given, 'usesMax')],
    'number of uses': [grant.uses, uses],
    'time it ended': [grant.endedAt, said(over, 'endedAt')],
    'who ended it': [grant.endedBy, over?.actor ?? null],
    'why it ended': [grant.endCode, said(over, 'code')],
  });
}

/** Compares a key with the events about it: when it works, what it may do, and for which secret. */
export function verifyKey(key: StoredKey, events: readonly LoggedEvent[]): LogFault[] {
  const told = toldBy(events);
  const created = told.find(({ action }) => action === 'key.created');
  if (created === undefined) return [unrecorded(`Key ${key.id}`)];
  const rotated = told.findLast(({ action }) => action === 'key.rotated');
  const revoked = told.find(({ action }) => action === 'key.revoked');
  return disagreements(`Key ${key.id}`, (revoked ?? rotated ?? created).seq, {
    agent: [key.agentId, said(created, 'agent')],
    secret: [sha256(key.hash), said(created, 'hashDigest')],
    scopes: [parsedOrNothing(key.scopes), said(created, 'scopes')],
    'time it was made': [key.createdAt, said(created, 'createdAt')],
    maker: [key.createdBy, created.actor],
    'key it replaces': [key.replaces, said(created, 'replaces')],
    expiry: [key.expiresAt, rotated ? said(rotated, 'oldWorksUntil') : said(created, 'expiresAt')],
    'time it was revoked': [key.revokedAt, said(revoked, 'revokedAt')],
    'who revoked it': [key.revokedBy, revoked?.actor ?? null],
  });
}

export interface StoredAgent {
  id: string;
  ownerId: string | null;
  createdAt: number;
  createdBy: string;
}

/** Compares an agent with the event of its first key, which it came with. */
export function verifyAgent(agent: StoredAgent, firstKey: LoggedEvent | undefined): LogFault[] {
  const [created] = toldBy(firstKey ? [firstKey] : []);
  if (created === undefined) return [unrecorded(`Agent ${agent.id}`)];
  return disagreements(`Agent ${agent.id}`, created.seq, {
    owner: [agent.ownerId, said(created, 'owner')],
    'time it was made': [agent.createdAt, said(created, 'createdAt')],
    maker: [agent.createdBy, created.actor],
  });
}

export interface StoredSession {
  /** SHA-256 of the token; the log names a session by its first 12 digits */
  id: string;
  personId: string;
  kind: string;
  openedAt: number;
  expiresAt: number;
  closedAt: number | null;
}

/** Compares a session with the events about it: whose it is, and until when. */
export function verifySession(session: StoredSession, events: readonly LoggedEvent[]): LogFault[] {
  const told = toldBy(events);
  const name = `Session ${session.id.slice(0, 12)}`;
  const opened = told.find(({ action }) => action === 'session.opened');
  if (opened === undefined) return [unrecorded(name)];
  const closed = told.find(({ action }) => action === 'session.closed');
  return disagreements(name, (closed ?? opened).seq, {
    id: [sha256(session.id), said(opened, 'idDigest')],
    person: [`person:${session.personId}`, opened.actor],
    kind: [session.kind, said(opened, 'kind')],
    'time it was opened': [session.openedAt, said(opened, 'openedAt')],
    expiry: [session.expiresAt, said(opened, 'expiresAt')],
    'time it was closed': [session.closedAt, said(closed, 'closedAt')],
  });
}
