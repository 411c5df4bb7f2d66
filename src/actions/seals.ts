import { createPublicKey, type KeyObject } from 'node:crypto';
import type { By } from '../core/access/actor.ts';
import { keyIdOf, makeSeal, type Seal } from '../core/audit/seal.ts';
import { priorities } from '../core/delivery/card.ts';
import { presentChat } from '../store/channels.ts';
import { findLastSeal, insertSeal, listEvents, listEventsAfter, listSealKeyIds } from '../store/events.ts';
import { getHead, getInstallation, holdInstallation } from '../store/installation.ts';
import { assertFence, claimLease, type HeldLease } from '../store/lease.ts';
import { type App, eventBy, gaiaItself, newTraceId } from './app.ts';
import { owe, placeOf } from './deliveries.ts';

/** Signs the head of the log as it is, unless nothing was logged since the last seal but that seal itself. */
export function sealLog(app: App, key: KeyObject, by: By, lease?: HeldLease): Promise<Seal | undefined> {
  return app.db.write(async (tx) => {
    if (lease) await assertFence(tx, lease);
    const head = await getHead(tx);
    const last = await findLastSeal(tx);
    const since = await listEventsAfter(tx, last?.seq ?? 0, 2);
    if (since.every((event) => event.action === 'log.sealed')) return last;
    const { generation } = await getInstallation(tx);
    const seal = makeSeal({ generation, seq: head.seq, at: head.at, hash: head.hash }, key);
    await insertSeal(tx, seal);
    tx.record(
      eventBy(by, 'log.sealed', `seal:${seal.seq}`, {
        seq: seal.seq,
        hash: seal.hash,
        keyId: seal.keyId,
        signature: seal.signature,
      }),
    );
    return seal;
  });
}

const leaseMs = 60_000;

/** Seals the log on behalf of all instances that share the store: whoever holds the lease does it. */
export async function sealAsLeader(app: App, key: KeyObject, holder: string): Promise<Seal | undefined> {
  const lease = await app.db.write((tx) => claimLease(tx, { name: 'sealing', holder, leaseMs }));
  return lease && sealLog(app, key, gaiaItself(newTraceId(app)), lease);
}

/** Owes the approver chat a seal, so that the chat witnesses the log; false where there is no chat. */
export const postSeal = (app: App): Promise<boolean> =>
  app.db.write(async (tx) => {
    const { audience } = app;
    if (audience.kind !== 'telegram') return false;
    const { chat, topic } = placeOf(audience.chat);
    await owe(app, tx, {
      channel: 'telegram',
      kind: 'notice',
      chat: await presentChat(tx, chat),
      topic,
      cardId: null,
      subject: 'seal',
      body: { about: 'seal' },
      priority: priorities.notice,
      dueAt: tx.now,
    });
    return true;
  });

/**
 * Makes a key the one this Gaia seals with: its public key is kept beside those before it, and the log says when another
 * key took over. Says so where the log knows keys that are not kept here: their seals cannot be verified here.
 */
export async function takeUpSealKey(
  app: App,
  key: KeyObject,
  {
    keep,
    say,
    by,
  }: {
    /** keeps a PEM as the present public key; gives the ids of those that were kept before */
    keep: (pem: string) => Promise<string[]>;
    say: (warning: string) => void;
    by: By;
  },
): Promise<void> {
  const publicKey = createPublicKey(key);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const own = keyIdOf(publicKey);
  const kept = new Set([own, ...(await keep(pem))]);
  await app.db.write(async (tx) => {
    await holdInstallation(tx); // of instances that start at once, one after the other
    const [changed] = await listEvents(tx, { action: keyChanged, limit: 1 });
    const seal = await findLastSeal(tx);
    const from = (changed?.seq ?? 0) > (seal?.seq ?? 0) ? changed && keyIdIn(changed.subject) : seal?.keyId;
    if (from === own) return;
    tx.record(eventBy(by, keyChanged, `seal_key:${own}`, { from: from ?? null, to: own, publicKey: pem }));
  });
  const changes = await listEvents(app.db.read, { action: keyChanged, limit: 1_000 });
  const met = new Set([...(await listSealKeyIds(app.db.read)), ...changes.map(({ subject }) => keyIdIn(subject))]);
  const foreign = [...met].filter((id) => !kept.has(id));
  if (foreign.length > 0) say(foreignKeys(foreign));
}

const keyChanged = 'log.key_changed';
const keyIdIn = (subject: string): string => subject.replace('seal_key:', '');

const foreignKeys = (ids: readonly string[]): string =>
  `The log was sealed with a key that this data directory does not know (${ids.join(', ')}): another Gaia on the same store has a seal.key of its own, or seal.key was replaced and its public key is gone. \`gaia audit verify\` cannot check those seals here. → Put the public key here as ${ids.map((id) => `seal-${id}.pub`).join(', ')}. Instances that share a store share seal.key: stop this one, copy seal.key from the other (mode 600), and start.`;
