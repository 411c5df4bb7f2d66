import { type By, localPerson, mayLook, person, personOf } from '../core/access/actor.ts';
import { hashOfSecret } from '../core/access/key.ts';
import { sha256 } from '../core/canonical.ts';
import { forbidden, notFound, unauthenticated } from '../core/errors.ts';
import type { Tx } from '../store/database.ts';
import {
  closeSessions,
  findLogin,
  findOpenLogin,
  findSession,
  findSignInLink,
  insertLogin,
  insertSession,
  insertSignInLink,
  type Session,
  closeSession as saveClosed,
  saveLoginConfirmed,
  useLogin,
  useSignInLink,
} from '../store/sessions.ts';
import { type App, eventBy, newSecret } from './app.ts';
import { notify } from './deliveries.ts';

const linkLastsMs = 5 * 60_000;
const consoleSessionMs = 12 * 3_600_000;
const terminalSessionMs = 3_600_000;
const loginLastsMs = 5 * 60_000;

/** A one-time link for a person, valid for five minutes. Only who holds the token can use it, once. */
export async function createSignInLink(app: App, personId: string): Promise<{ token: string; expiresAt: number }> {
  if (!mayLook(app.people, personId)) {
    throw forbidden('Only an approver or an operator can sign in.', {
      reason: 'not_a_person_here',
      remedy: 'Add the id to the approvers.',
    });
  }
  const token = newSecret(app);
  const expiresAt = await app.db.write(async (tx) => {
    const link = {
      id: hashOfSecret(token),
      personId,
      createdAt: tx.now,
      expiresAt: tx.now + linkLastsMs,
      usedAt: null,
    };
    await insertSignInLink(tx, link);
    return link.expiresAt;
  });
  return { token, expiresAt };
}

/** Whom a link would sign in, without using it: opening a link changes nothing, pressing its button does. */
export async function lookAtSignInLink(app: App, token: string, now: number): Promise<{ personId: string }> {
  const link = await findSignInLink(app.db.read, hashOfSecret(token));
  if (!link || link.usedAt !== null || now >= link.expiresAt) throw deadLink();
  return { personId: link.personId };
}

/** Turns a link into a session, once. Returns the session's token, which only the browser keeps. */
export async function signIn(
  app: App,
  token: string,
  { source, traceId }: Omit<By, 'actor'>,
): Promise<{ token: string; session: Session }> {
  return app.db.write(async (tx) => {
    const link = await useSignInLink(tx, hashOfSecret(token));
    if (!link) throw deadLink();
    const secret = newSecret(app);
    const session: Session = {
      id: hashOfSecret(secret),
      personId: link.personId,
      kind: 'console',
      openedAt: tx.now,
      expiresAt: tx.now + consoleSessionMs,
      closedAt: null,
    };
    await insertSession(tx, session);
    recordOpened(tx, session, { actor: person(link.personId), source, traceId });
    return { token: secret, session };
  });
}

/** A session is named by the beginning of its id, which is itself a hash; of the whole id the log holds a digest. */
const subjectOf = ({ id }: Session) => `session:${id.slice(0, 12)}`;

function recordOpened(tx: Tx, session: Session, by: By): void {
  const { id, kind, openedAt, expiresAt } = session;
  tx.record(eventBy(by, 'session.opened', subjectOf(session), { kind, idDigest: sha256(id), openedAt, expiresAt }));
}

/** The session of a token and the person behind it, or `unauthenticated`. A person who was removed has no session. */
export async function authenticateSession(app: App, token: string, now: number): Promise<Session> {
  const session = await findSession(app.db.read, hashOfSecret(token));
  if (!session || session.closedAt !== null || now >= session.expiresAt) {
    throw unauthenticated('You are not signed in, or your session has ended.', {
      reason: 'session_ended',
      remedy: 'Get a fresh link: `gaia console`.',
    });
  }
  if (!mayLook(app.people, session.personId)) {
    throw unauthenticated('You are no longer one of the people of this Gaia.', {
      reason: 'person_removed',
      remedy: 'Ask whoever runs it.',
    });
  }
  return session;
}

export async function signOut(app: App, session: Session, by: By): Promise<void> {
  await app.db.write(async (tx) => {
    if (await saveClosed(tx, session.id, tx.now)) {
      tx.record(eventBy(by, 'session.closed', subjectOf(session), { kind: session.kind, closedAt: tx.now }));
    }
  });
}

/** Ends every session there is, in a work that does more. */
export async function closeAllSessions(tx: Tx, by: By): Promise<void> {
  for (const session of await closeSessions(tx))
    tx.record(eventBy(by, 'session.closed', subjectOf(session), { kind: session.kind, closedAt: tx.now }));
}

const codeAlphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const codePattern = new RegExp(`^[${codeAlphabet}]{4}-[${codeAlphabet}]{4}$`);

/** Begins a terminal's login: a code for the person to confirm, and a token for the terminal to ask with. */
export async function beginLogin(app: App): Promise<{ token: string; code: string; expiresAt: number }> {
  const token = newSecret(app);
  const letters = [...app.random(8)].map((byte) => codeAlphabet[byte % codeAlphabet.length]).join('');
  const code = `${letters.slice(0, 4)}-${letters.slice(4)}`;
  const expiresAt = await app.db.write(async (tx) => {
    const login = {
      id: hashOfSecret(token),
      code,
      createdAt: tx.now,
      expiresAt: tx.now + loginLastsMs,
      personId: null,
      usedAt: null,
    };
    await insertLogin(tx, login);
    return login.expiresAt;
  });
  return { token, code, expiresAt };
}

/** A signed-in person lets the terminal that shows this code act for them, for an hour. */
export const confirmLogin = (app: App, code: string, by: By): Promise<void> =>
  app.db.write((tx) => confirmLoginIn(tx, code, by));

/** The same within a work that does more. */
export async function confirmLoginIn(tx: Tx, code: string, by: By): Promise<void> {
  const personId = personOf(by.actor);
  if (personId === undefined) throw forbidden('Only a person can confirm a login.', { reason: 'agents_cannot_decide' });
  const { id } = await getOpenLogin(tx, code);
  if (!(await saveLoginConfirmed(tx, id, personId))) throw noSuchLogin();
}

/** The login a terminal waits with; looking at it changes nothing. */
export async function getOpenLogin(
  tx: Tx,
  code: string,
): Promise<{ id: string; code: string; createdAt: number; expiresAt: number }> {
  const typed = code.trim().toUpperCase();
  const login = codePattern.test(typed) ? await findOpenLogin(tx, typed, tx.now) : undefined;
  if (!login) throw noSuchLogin();
  return login;
}

const noSuchLogin = () =>
  notFound('No terminal waits with this code, or its five minutes are over.', {
    reason: 'no_such_login',
    remedy: 'Type `gaia login` again and confirm the code it shows.',
  });

/** The terminal's session, once its code was confirmed; undefined while it is not. */
export async function finishLogin(
  app: App,
  token: string,
  { source, traceId }: Omit<By, 'actor'>,
): Promise<{ token: string; session: Session } | undefined> {
  return app.db.write(async (tx) => {
    const waiting = await findLogin(tx, hashOfSecret(token));
    if (!waiting || waiting.usedAt !== null || tx.now >= waiting.expiresAt) {
      throw unauthenticated('This login is over.', { reason: 'login_over', remedy: 'Type `gaia login` again.' });
    }
    if (waiting.personId === null) return undefined;
    const login = await useLogin(tx, waiting.id);
    if (!login?.personId) return undefined;
    const secret = newSecret(app);
    const session: Session = {
      id: hashOfSecret(secret),
      personId: login.personId,
      kind: 'terminal',
      openedAt: tx.now,
      expiresAt: tx.now + terminalSessionMs,
      closedAt: null,
    };
    await insertSession(tx, session);
    recordOpened(tx, session, { actor: person(login.personId), source, traceId });
    const { personId, expiresAt } = session;
    await notify(app, tx, subjectOf(session), { about: 'terminal_opened', personId, expiresAt });
    return { token: secret, session };
  });
}

/** How a person is called where people read. */
export const nameOfPerson = (id: string): string =>
  id === localPerson ? 'the local console person' : id.startsWith('monitor-') ? 'whoever holds the monitor token' : id;

const deadLink = () =>
  unauthenticated('This sign-in link was used already, or its five minutes are over.', {
    reason: 'link_dead',
    remedy: 'Get a fresh one: `gaia console`.',
  });

export type { Session } from '../store/sessions.ts';
