import { z } from 'zod';
import type { By } from '../core/access/actor.ts';
import { agentNamed, localPerson } from '../core/access/actor.ts';
import {
  formatKey,
  hashOfSecret,
  keyPattern,
  type Scope,
  sameSecret,
  scopes,
  usualScopes,
} from '../core/access/key.ts';
import { sha256 } from '../core/canonical.ts';
import { conflict, notFound, unauthenticated, unavailable } from '../core/errors.ts';
import { read } from '../core/wire/read.ts';
import {
  type ApiKey,
  findAgent,
  findAgentHeld,
  findKeyForAuthentication,
  findKeyHeld,
  insertAgent,
  insertKey,
  listLiveKeys,
  saveKeyExpiry,
  saveKeyRevoked,
} from '../store/agents.ts';
import type { Tx } from '../store/database.ts';
import { getInstallation } from '../store/installation.ts';
import { type App, eventBy, newSecret } from './app.ts';
import { endGrantsOf } from './grants.ts';
import type { Asker } from './requests.ts';

/** How long the old key still works after a rotation. */
const overlapMs = 24 * 3_600_000;
const liveKeysPerAgent = 2;

export const keyRequest = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .describe("the agent's name"),
  owner: z
    .string()
    .regex(/^([1-9][0-9]{0,19}|local)$/, 'must be a numeric Telegram id, or local')
    .optional()
    .describe('the person the agent belongs to'),
  scopes: z.array(z.enum(scopes)).min(1).optional().describe('what the key may do; submitting every kind unless told'),
  expiresInDays: z.int().min(1).max(3_650).optional().describe('days until the key stops working; never unless told'),
});

export interface NewKey {
  key: ApiKey;
  /** the whole key; it is shown once and never again */
  secret: string;
}

/** Makes a key, and its agent with it where there is none yet. At most two keys of an agent live at once. */
export function createKey(app: App, input: unknown, by: By): Promise<NewKey> {
  const { name, owner, scopes: asked, expiresInDays } = read(keyRequest, input, 'The key');
  return app.db.write(async (tx) => {
    await insertAgent(tx, { id: name, ownerId: owner ?? null, createdAt: tx.now, createdBy: by.actor, cappedAt: null });
    const agent = await findAgentHeld(tx, name);
    if (owner !== undefined && agent?.ownerId !== owner) {
      throw conflict(`The agent ${name} belongs to ${agent?.ownerId ?? 'nobody'}.`, {
        reason: 'owner_differs',
        remedy: 'Leave the owner out, or give the new agent another name.',
      });
    }
    const live = await listLiveKeys(tx, name, tx.now);
    if (live.length >= liveKeysPerAgent) {
      throw conflict(
        `The agent ${name} already has ${live.length} live keys: ${live.map((key) => key.id).join(', ')}.`,
        {
          reason: 'too_many_keys',
          remedy: 'Revoke one of them first: `gaia key revoke ID`.',
        },
      );
    }
    const made = draw(app, {
      agentId: name,
      scopes: asked ?? [...usualScopes],
      createdAt: tx.now,
      createdBy: by.actor,
      expiresAt: expiresInDays ? tx.now + expiresInDays * 86_400_000 : null,
      replaces: null,
    });
    await insertKey(tx, made.row);
    recordMade(tx, made.row, agent?.ownerId ?? null, by);
    return { key: made.key, secret: made.secret };
  });
}

/** Gives the agent a second key with the same scopes; the old one works for another 24 hours. */
export function rotateKey(app: App, id: string, by: By): Promise<NewKey & { oldWorksUntil: number }> {
  return app.db.write(async (tx) => {
    const old = await getLiveKey(tx, id);
    const agent = await findAgentHeld(tx, old.agentId);
    const others = (await listLiveKeys(tx, old.agentId, tx.now)).filter((key) => key.id !== id);
    if (others.length >= liveKeysPerAgent - 1) {
      throw conflict(`The agent ${old.agentId} already has a second key (${others.map((key) => key.id).join(', ')}).`, {
        reason: 'too_many_keys',
        remedy: 'Revoke the one you do not need first: `gaia key revoke ID`.',
      });
    }
    const made = draw(app, {
      agentId: old.agentId,
      scopes: old.scopes,
      createdAt: tx.now,
      createdBy: by.actor,
      expiresAt: old.expiresAt === null ? null : tx.now + (old.expiresAt - old.createdAt), // as long as the old one had
      replaces: id,
    });
    await insertKey(tx, made.row);
    const oldWorksUntil = Math.min(tx.now + overlapMs, old.expiresAt ?? Number.POSITIVE_INFINITY);
    await saveKeyExpiry(tx, id, oldWorksUntil);
    recordMade(tx, made.row, agent?.ownerId ?? null, by);
    tx.record(eventBy(by, 'key.rotated', `key:${id}`, { agent: old.agentId, replacedBy: made.key.id, oldWorksUntil }));
    return { key: made.key, secret: made.secret, oldWorksUntil };
  });
}

/** What the log says of a new key. Of its secret's hash it holds a digest: enough to tell whether that was changed. */
function recordMade(tx: Tx, key: ApiKey & { hash: string }, owner: string | null, by: By): void {
  tx.record(
    eventBy(by, 'key.created', `key:${key.id}`, {
      agent: key.agentId,
      owner,
      scopes: key.scopes,
      hashDigest: sha256(key.hash),
      createdAt: key.createdAt,
      expiresAt: key.expiresAt,
      replaces: key.replaces,
    }),
  );
}

/** Ends a key at once: its next call is refused. */
export function revokeKey(app: App, id: string, by: By): Promise<ApiKey> {
  return app.db.write(async (tx) => {
    const key = await findKeyHeld(tx, id);
    if (!key) throw noSuchKey(id);
    if (key.revokedAt !== null) return key;
    await saveKeyRevoked(tx, id, tx.now, by.actor);
    tx.record(eventBy(by, 'key.revoked', `key:${id}`, { agent: key.agentId, revokedAt: tx.now }));
    if ((await listLiveKeys(tx, key.agentId, tx.now)).length === 0) await endGrantsOf(tx, key.agentId, by);
    return { ...key, revokedAt: tx.now, revokedBy: by.actor };
  });
}

/** Who holds this key, or `unauthenticated` with the reason. Looked up on every call, so that a revocation bites at once. */
export async function authenticateKey(
  app: App,
  bearer: string,
  now: number,
  by: Omit<By, 'actor'>,
): Promise<Asker & { keyId: string; agent: string }> {
  const [, id, secret] = keyPattern.exec(bearer) ?? [];
  const found = id ? await findKeyForAuthentication(app.db.read, id) : undefined;
  if (!found || !secret || !sameSecret(found.hash, hashOfSecret(secret))) {
    throw unauthenticated('This API key is not known here.', {
      reason: 'key_unknown',
      remedy: 'Use a key made by `gaia key create` on this Gaia.',
    });
  }
  const { key, ownerId } = found;
  if (key.revokedAt !== null) {
    throw unauthenticated(`The key ${key.id} was revoked.`, { reason: 'key_revoked', remedy: 'Ask for a new key.' });
  }
  if (key.expiresAt !== null && now >= key.expiresAt) {
    throw unauthenticated(`The key ${key.id} has expired.`, {
      reason: 'key_expired',
      remedy: 'Ask for a new key: `gaia key create NAME`.',
    });
  }
  if ((await getInstallation(app.db.read)).acceptanceReason !== null)
    throw unavailable('The store was put back, and no operator has accepted it yet; until then no key is taken.', {
      reason: 'acceptance_needed',
      remedy:
        'An operator looks at `gaia key list`, revokes again what must not work, and says: gaia resume --accept-generation',
    });
  return {
    by: { ...by, actor: agentNamed(key.agentId) },
    ownerId,
    scopes: key.scopes,
    keyId: key.id,
    agent: key.agentId,
  };
}

/** The agent that the first start makes a key for. Instances that share a store each have their own. */
const localAgentOf = (app: App, directory: string): string =>
  app.db.engine === 'sqlite'
    ? 'local-agent'
    : `local-agent-${app.host.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 40)}-${sha256(directory).slice(0, 6)}`;

/**
 * Sees to it that `agent.key` holds a key this store knows, so that clients on this machine can ask. One that was revoked
 * or has run out is left alone: somebody meant that.
 */
export async function ensureLocalKey(
  app: App,
  file: {
    path: string;
    readOrNothing: (path: string) => Promise<string | undefined>;
    write: (path: string, text: string) => Promise<void>;
  },
  by: By,
): Promise<void> {
  const [, id, secret] = keyPattern.exec((await file.readOrNothing(file.path))?.trim() ?? '') ?? [];
  const known = id ? await findKeyForAuthentication(app.db.read, id) : undefined;
  if (known && secret && sameSecret(known.hash, hashOfSecret(secret))) return;
  const name = localAgentOf(app, file.path);
  for (const key of await listLiveKeys(app.db.read, name, 0)) await revokeKey(app, key.id, by);
  const isLocal = [...app.people.approvers, ...app.people.operators].includes(localPerson);
  // one that is there keeps its owner: a store may be put back where other people decide
  const isNew = (await findAgent(app.db.read, name)) === undefined;
  const made = await createKey(app, { name, ...(isNew && isLocal ? { owner: localPerson } : {}) }, by);
  await file.write(file.path, `${made.secret}\n`);
}

async function getLiveKey(tx: Tx, id: string): Promise<ApiKey> {
  const key = await findKeyHeld(tx, id);
  if (!key) throw noSuchKey(id);
  if (key.revokedAt !== null || (key.expiresAt !== null && tx.now >= key.expiresAt)) {
    throw conflict(`The key ${id} no longer works.`, {
      reason: 'key_not_live',
      remedy: 'Make a new one: `gaia key create`.',
    });
  }
  return key;
}

export const noSuchKey = (id: string) =>
  notFound(`There is no key ${id}.`, { reason: 'no_such_key', remedy: '`gaia key list` shows the keys there are.' });

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

function draw(
  app: App,
  of: {
    agentId: string;
    scopes: Scope[];
    createdAt: number;
    createdBy: string;
    expiresAt: number | null;
    replaces: string | null;
  },
) {
  const id = [...app.random(8)].map((byte) => idAlphabet[byte % idAlphabet.length]).join('');
  const secret = newSecret(app);
  const key: ApiKey = { ...of, id, revokedAt: null, revokedBy: null };
  return { key, row: { ...key, hash: hashOfSecret(secret) }, secret: formatKey(id, secret) };
}
