import { z } from 'zod';
import { createKey, keyRequest, noSuchKey, revokeKey, rotateKey } from '../../actions/keys.ts';
import { beginLogin, createSignInLink, finishLogin, signOut } from '../../actions/sessions.ts';
import { localPerson } from '../../core/access/actor.ts';
import { forbidden, invalid } from '../../core/errors.ts';
import {
  keyAnswer,
  keyListAnswer,
  loggedOutAnswer,
  loginAnswer,
  loginFinishedAnswer,
  newKeyAnswer,
  signInLinkAnswer,
} from '../../core/wire/answers-access.ts';
import { read } from '../../core/wire/read.ts';
import { keyAnswerOf, listKeyAnswers } from '../../views/keys.ts';
import { addressOf, consoleUrlOf, mustAdminister } from '../authenticate.ts';
import { smallBody } from '../body.ts';
import type { Caller, Door } from '../door.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { answer, type Call, type Endpoint } from './endpoint.ts';

const linkBody = z.strictObject({
  person: z.string().max(20).optional().describe('whom the link signs in; needed where there are several people'),
});
const finishBody = z.strictObject({ token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is not a login token') });

/** Keys, sign-in links and terminal logins. */
export const accessEndpoints = (logins: RateLimiter): Endpoint[] => [
  {
    method: 'get',
    path: '/v1/keys',
    summary: 'List keys; never their secrets',
    by: 'admin',
    answers: { 200: { description: 'every key', schema: keyListAnswer } },
    async handle({ c, door, caller }) {
      await admin(caller);
      return answer(c, await listKeyAnswers(door.viewer, door.now()));
    },
  },
  {
    method: 'post',
    path: '/v1/keys',
    summary: 'Make a key for an agent',
    by: 'admin',
    body: keyRequest,
    bodyLimit: smallBody,
    answers: { 201: { description: 'the key; its secret is shown this once', schema: newKeyAnswer } },
    async handle({ c, door, caller, body }) {
      const { by } = (await admin(caller)).asker;
      const { key, secret } = await createKey(door.app, await body(), by);
      return answer(c, { key: await describe(door, key.id), secret }, 201);
    },
  },
  {
    method: 'post',
    path: '/v1/keys/{id}/rotate',
    summary: 'Give the agent a second key; the old one works for another 24 hours',
    by: 'admin',
    answers: { 201: { description: 'the new key; its secret is shown this once', schema: newKeyAnswer } },
    async handle({ c, door, caller }) {
      const { by } = (await admin(caller)).asker;
      const { key, secret, oldWorksUntil } = await rotateKey(door.app, idOf(c), by);
      return answer(c, { key: await describe(door, key.id), secret, oldWorksUntil }, 201);
    },
  },
  {
    method: 'post',
    path: '/v1/keys/{id}/revoke',
    summary: 'End a key at once',
    by: 'admin',
    answers: { 200: { description: 'revoked', schema: keyAnswer } },
    async handle({ c, door, caller }) {
      const { by } = (await admin(caller)).asker;
      const key = await revokeKey(door.app, idOf(c), by);
      return answer(c, await describe(door, key.id));
    },
  },
  {
    method: 'post',
    path: '/v1/sign-in-links',
    summary: 'Make a one-time link into the console, valid for five minutes',
    by: 'admin',
    body: linkBody,
    bodyLimit: smallBody,
    answers: { 201: { description: 'the link', schema: signInLinkAnswer } },
    async handle({ c, door, caller, body }) {
      await admin(caller);
      const { person } = read(linkBody, await body(), 'The link');
      const { token, expiresAt } = await createSignInLink(door.app, linkedPerson(door, person));
      return answer(c, { url: `${consoleUrlOf(door)}/sign-in/${token}`, expiresAt }, 201);
    },
  },
  {
    method: 'post',
    path: '/v1/logins',
    summary: 'Begin to sign a terminal in',
    description: 'The person confirms the code in the console; then `POST /v1/logins/finish` gives the session.',
    by: 'anyone',
    bodyLimit: smallBody,
    answers: { 201: { description: 'the code to confirm', schema: loginAnswer } },
    async handle({ c, door, body }) {
      logins.spend(addressOf(c), 'Too many logins were begun.');
      await body(); // nothing is read of it, but it has its limit
      const { token, code, expiresAt } = await beginLogin(door.app);
      return answer(c, { token, code, url: `${door.viewer.publicUrl}/login`, expiresAt }, 201);
    },
  },
  {
    method: 'post',
    path: '/v1/logout',
    summary: 'End the session this call is made with',
    by: 'person',
    answers: { 200: { description: 'ended', schema: loggedOutAnswer } },
    async handle({ c, door, caller }) {
      const who = await caller();
      if (who.kind !== 'person') {
        throw invalid('This call is made with a key, not with a session.', {
          reason: 'no_session',
          remedy: 'To end a key: gaia key revoke ID.',
        });
      }
      await signOut(door.app, who.session, who.asker.by);
      return answer(c, { ended: true });
    },
  },
  {
    method: 'post',
    path: '/v1/logins/finish',
    summary: 'Get the session of a confirmed login',
    by: 'anyone',
    body: finishBody,
    bodyLimit: smallBody,
    answers: { 200: { description: '`confirmed` says whether it is there', schema: loginFinishedAnswer } },
    async handle({ c, door, body }) {
      const { token } = read(finishBody, await body(), 'The login');
      const finished = await finishLogin(door.app, token, { source: 'cli', traceId: c.get('traceId') });
      if (!finished) return answer(c, { confirmed: false });
      const { session } = finished;
      return answer(c, {
        confirmed: true,
        session: `gaia_session_${finished.token}`,
        person: session.personId,
        expiresAt: session.expiresAt,
      });
    },
  },
];

async function admin(caller: Call['caller']): Promise<Caller> {
  const who = await caller();
  mustAdminister(who);
  return who;
}

/** The id in the path; what cannot be one is said to be unknown before the store is asked. */
function idOf(c: Call['c']): string {
  const id = c.req.param('id') ?? '';
  if (/^[a-z0-9]{8}$/.test(id)) return id;
  throw noSuchKey(id.slice(0, 40));
}

const describe = async (door: Door, id: string) => keyAnswerOf(door.viewer, id, door.now());

/** Whom the admin key may let in. People of a bot prove to the bot who they are; the key stands for none of them. */
function linkedPerson(door: Door, person: string | undefined): string {
  if (door.app.audience.kind !== 'telegram') return person ?? onlyPerson(door);
  const wanted = person ?? localPerson;
  if (wanted === localPerson && door.app.people.approvers.includes(localPerson)) return localPerson;
  throw forbidden('Where a bot is configured, people get their links from the bot.', {
    reason: 'ask_the_bot',
    remedy: 'Send /console to the bot in a private chat; or set GAIA_LOCAL_APPROVER=1 and start Gaia again.',
  });
}

function onlyPerson({ app }: Door): string {
  const people = [...new Set([...app.people.approvers, ...app.people.operators])];
  const [only] = people;
  if (only !== undefined && people.length === 1) return only;
  throw invalid('There are several people here; say whom the link is for.', {
    faults: [{ field: 'person', message: `must be one of: ${people.join(', ')}` }],
  });
}
