import { and, desc, eq, gt, isNotNull, isNull } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Session = Tables['sessions']['$inferSelect'];
export type SignInLink = Tables['signInLinks']['$inferSelect'];
export type Login = Tables['logins']['$inferSelect'];

const byId = statement('sessions.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.sessions).where(eq(t.sessions.id, $.id)),
);

export const findSession = async (q: Handle, id: string): Promise<Session | undefined> =>
  (await q.run(byId, { id }))[0];

export const insertSession = async (tx: Tx, session: Session): Promise<void> => {
  await tx.insert(tx.t.sessions).values(session);
};

/** True for the call that closed it. */
export const closeSession = async (tx: Tx, id: string, closedAt: number): Promise<boolean> =>
  (
    await tx
      .update(tx.t.sessions)
      .set({ closedAt })
      .where(and(eq(tx.t.sessions.id, id), isNull(tx.t.sessions.closedAt)))
      .returning({ id: tx.t.sessions.id })
  ).length === 1;

/** Closes every session that is open; answers which. */
export const closeSessions = (tx: Tx): Promise<Session[]> =>
  tx
    .update(tx.t.sessions)
    .set({ closedAt: tx.now })
    .where(isNull(tx.t.sessions.closedAt))
    .returning() as unknown as Promise<Session[]>;

/** Nobody signs in any more with what was handed out until now. */
export async function useUpLinksAndLogins(tx: Tx): Promise<void> {
  const { signInLinks, logins } = tx.t;
  await tx.update(signInLinks).set({ usedAt: tx.now }).where(isNull(signInLinks.usedAt));
  await tx.update(logins).set({ usedAt: tx.now, expiresAt: tx.now }).where(isNull(logins.usedAt));
}

export const insertSignInLink = async (tx: Tx, link: SignInLink): Promise<void> => {
  await tx.insert(tx.t.signInLinks).values(link);
};

export const findSignInLink = async (q: Handle, id: string): Promise<SignInLink | undefined> =>
  (await q.select().from(q.t.signInLinks).where(eq(q.t.signInLinks.id, id)))[0];

/** The link, for the one caller that uses it while it is valid. */
export const useSignInLink = async (tx: Tx, id: string): Promise<SignInLink | undefined> =>
  (
    await tx
      .update(tx.t.signInLinks)
      .set({ usedAt: tx.now })
      .where(and(eq(tx.t.signInLinks.id, id), isNull(tx.t.signInLinks.usedAt), gt(tx.t.signInLinks.expiresAt, tx.now)))
      .returning()
  )[0];

export const insertLogin = async (tx: Tx, login: Login): Promise<void> => {
  await tx.insert(tx.t.logins).values(login);
};

/** The newest login with this code that nobody has confirmed and that is still valid. */
export const findOpenLogin = async (q: Handle, code: string, now: number): Promise<Login | undefined> =>
  (
    await q
      .select()
      .from(q.t.logins)
      .where(and(eq(q.t.logins.code, code), isNull(q.t.logins.personId), gt(q.t.logins.expiresAt, now)))
      .orderBy(desc(q.t.logins.createdAt))
      .limit(1)
  )[0];

export const findLogin = async (q: Handle, id: string): Promise<Login | undefined> =>
  (await q.select().from(q.t.logins).where(eq(q.t.logins.id, id)))[0];

export const saveLoginConfirmed = async (tx: Tx, id: string, personId: string): Promise<boolean> =>
  (
    await tx
      .update(tx.t.logins)
      .set({ personId })
      .where(and(eq(tx.t.logins.id, id), isNull(tx.t.logins.personId), gt(tx.t.logins.expiresAt, tx.now)))
      .returning({ id: tx.t.logins.id })
  ).length === 1;

/** The confirmed login, for the one call that turns it into a session. */
export const useLogin = async (tx: Tx, id: string): Promise<Login | undefined> =>
  (
    await tx
      .update(tx.t.logins)
      .set({ usedAt: tx.now })
      .where(
        and(
          eq(tx.t.logins.id, id),
          isNotNull(tx.t.logins.personId),
          isNull(tx.t.logins.usedAt),
          gt(tx.t.logins.expiresAt, tx.now),
        ),
      )
      .returning()
  )[0];
