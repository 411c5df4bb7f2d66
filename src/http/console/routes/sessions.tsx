import { Hono } from 'hono';
import { z } from 'zod';
import { confirmLogin, lookAtSignInLink, signIn, signOut } from '../../../actions/sessions.ts';
import { GaiaError } from '../../../core/errors.ts';
import { read } from '../../../core/wire/read.ts';
import { consoleUrlOf } from '../../authenticate.ts';
import type { Env } from '../../door.ts';
import { answerPage, answerRefusal } from '../components/page.tsx';
import { loginPage, signedOutPage, signInPage } from '../pages/sessions.tsx';
import { dropSession, keepSession } from '../session-cookie.ts';
import { type Console, fieldsOf, formLimit, readForm } from '../visit.ts';

/**
 * A page of this console: never another host, whatever a link says. Read before anyone has signed in, so in a time that
 * grows with its length alone: each character fits in one way.
 */
const ownPage = z
  .string()
  .max(200)
  .regex(/^\/(?:[\w-]+(?:\/[\w-]+)*\/?)?$/)
  .catch('/');
const signInForm = z.strictObject({ token: z.string().max(100), to: ownPage.default('/') });
const loginForm = { code: z.string().min(1, 'must not be empty').max(40) };

/** Coming in, letting a terminal in, and going. */
export function sessionRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { app } = console.door;

  // Changes nothing: whatever previews links, or fetches them ahead, must not use them up.
  routes.get('/sign-in/:token', async (c) => {
    const token = c.req.param('token');
    const { personId } = await lookAtSignInLink(app, token, console.door.now());
    return answerPage(c, signInPage({ token, personId, to: ownPage.parse(c.req.query('to') ?? '/') }));
  });

  routes.post('/sign-in', formLimit, async (c) => {
    const { token, to } = read(signInForm, await fieldsOf(c), 'The form');
    const opened = await signIn(app, token, { source: 'console', traceId: c.get('traceId') });
    keepSession(c, consoleUrlOf(console.door), opened.token, opened.session.expiresAt - opened.session.openedAt);
    return c.redirect(to, 303);
  });

  routes.post('/sign-out', formLimit, async (c) => {
    const visit = await console.enter(c);
    await readForm(c, visit, {});
    await signOut(app, visit.session, visit.by);
    dropSession(c, consoleUrlOf(console.door));
    return answerPage(c, signedOutPage());
  });

  routes.get('/login', async (c) => {
    const visit = await console.enter(c);
    return answerPage(c, loginPage({ visit, confirmed: c.req.query('said') === 'confirmed' }));
  });

  routes.post('/login', formLimit, async (c) => {
    const visit = await console.enter(c);
    try {
      const { code } = await readForm(c, visit, loginForm);
      await confirmLogin(app, code, visit.by);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      return answerRefusal(c, loginPage({ visit, refused: error }), error);
    }
    return c.redirect('/login?said=confirmed', 303);
  });
  return routes;
}
