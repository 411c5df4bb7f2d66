import { notFound } from '../core/errors.ts';
import type { KeyListAnswer, NewKeyAnswer } from '../core/wire/answers-access.ts';
import { type ApiKey, listKeys } from '../store/agents.ts';
import type { Database } from '../store/database.ts';

type KeyAnswer = NewKeyAnswer['key'];

/** Every key, never its secret. */
export async function listKeyAnswers({ db }: { db: Database }, now: number): Promise<KeyListAnswer> {
  return { keys: (await listKeys(db.read)).map((key) => compose(key, now)) };
}

export async function keyAnswerOf({ db }: { db: Database }, id: string, now: number): Promise<KeyAnswer> {
  const key = (await listKeys(db.read)).find((candidate) => candidate.id === id);
  if (!key) throw notFound(`There is no key ${id}.`, { reason: 'no_such_key' });
  return compose(key, now);
}

const compose = (key: ApiKey & { ownerId: string | null }, now: number): KeyAnswer => ({
  id: key.id,
  agent: key.agentId,
  owner: key.ownerId,
  scopes: key.scopes,
  state: key.revokedAt !== null ? 'revoked' : key.expiresAt !== null && now >= key.expiresAt ? 'expired' : 'live',
  createdAt: key.createdAt,
  expiresAt: key.expiresAt,
  revokedAt: key.revokedAt,
  replaces: key.replaces,
});
