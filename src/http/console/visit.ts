import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Session } from '../../actions/sessions.ts';
import { type By, mayRequeue } from '../../core/access/actor.ts';
import { invalid, unauthenticated } from '../../core/errors.ts';
import { read } from '../../core/wire/read.ts';
import { findNames } from '../../views/cards.ts';
import { getLogHead } from '../../views/log.ts';
import { type Authenticator, consoleUrlOf } from '../authenticate.ts';
import type { Door, Env } from '../door.ts';
import { checkCsrf, csrfTokenOf } from '../security.ts';
import { sessionTokenOf } from './session-cookie.ts';

/** One look at the console by a signed-in person. */
export interface Visit {
  personId: string;
  session: Session;
  by: By;
  /** the session's own secret; only its derivatives reach a page */
  token: string;
  csrf: string;
  mayOperate: boolean;
  mayRequeue: boolean;
  /** what people are called, by id */
  names: ReadonlyMap<string, string>;
  /** the log's head when the page began to be read; what comes after it is news to the page */
  seq: number;
  /** the instant of the look, in milliseconds */
  now: number;
  /** the zone in which exact times are shown */
  timeZone: string;
}

/** What every console route is built from. */
export interface Console {
  door: Door;
  /** Throws `unauthenticated` for everyone who is not signed in, before anything else is looked at. */
  enter(c: Context<Env>): Promise<Visit>;
}

export const openConsole = (door: Door, auth: Authenticator): Console => ({
  door,
  async enter(c) {
    c.set('isAct', c.req.method === 'POST');
    const visitor = await auth.visitor(c);
    const token = sessionTokenOf(c, consoleUrlOf(door));
    if (visitor === undefined || token === undefined) throw notSignedIn();
    const { personId, session, asker } = visitor;
    const mayOperate = door.app.people.operators.includes(personId);
    return {
      personId,
      session,
      by: asker.by,
      token,
      csrf: csrfTokenOf(token),
      mayOperate,
      mayRequeue: mayRequeue(door.app.people, asker.by.actor),
      names: await findNames(door.viewer),
      seq: await headSeq(door),
      now: door.now(),
      timeZone: door.timeZone,
    };
  },
});

export const headSeq = async ({ app }: Door): Promise<number> => (await getLogHead(app.db)).seq;

/** Reads a form of ours: urlencoded, of this session, with the fields of `shape` and no others. */
export async function readForm<Shape extends z.ZodRawShape>(
  c: Context<Env>,
  visit: Visit,
  shape: Shape,
): Promise<z.output<z.ZodObject<Shape, z.core.$strict>>> {
  const { csrf, ...fields } = await fieldsOf(c);
  checkCsrf(visit.token, csrf);
  return read(z.strictObject(shape), fields, 'The form');
}

/** Stands before every form: 64 KiB are more than any of ours holds. */
export const formLimit = bodyLimit({
  maxSize: 64 * 1024,
  onError: () => {
    throw invalid('That is more than a form of this console holds.', {
      reason: 'form_too_large',
      remedy: 'Write less.',
    });
  },
});

/** The fields of an urlencoded body. A browser ends lines with CR LF; texts come with the LF they were typed with. */
export async function fieldsOf(c: Context<Env>): Promise<Record<string, string>> {
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw invalid('That is not a form of this console.', {
      reason: 'not_a_form',
      remedy: 'Open the page and use its buttons.',
    });
  }
  const fields: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(await c.req.text())) fields[name] = value.replaceAll('\r\n', '\n');
  return fields;
}

const notSignedIn = () =>
  unauthenticated('You are not signed in, or your session has ended.', {
    reason: 'not_signed_in',
    remedy: 'Type `gaia console` in a terminal on the machine Gaia runs on, and open the link it prints.',
  });
