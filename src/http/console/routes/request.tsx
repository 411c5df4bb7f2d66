import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { lookAgain } from '../../../actions/changes/unknown.ts';
import { comment } from '../../../actions/comments.ts';
import { decide, type Said } from '../../../actions/decisions.ts';
import { resolve, stopCommand } from '../../../actions/executions.ts';
import { markShown } from '../../../actions/showings.ts';
import { denyReasons, verdicts } from '../../../core/approval/decision.ts';
import { GaiaError, invalid } from '../../../core/errors.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import { readNumber, text } from '../../../core/wire/text.ts';
import { listEventAnswers } from '../../../views/events.ts';
import { getRequestAnswer } from '../../../views/requests.ts';
import type { Env } from '../../door.ts';
import { readRequestId } from '../../request-id.ts';
import { barredFrom } from '../barred.ts';
import type { ToConfirm, Written } from '../components/decision-form.tsx';
import { effectOf } from '../components/marks.tsx';
import { answerPage, answerRefusal } from '../components/page.tsx';
import { requestPage } from '../pages/request.tsx';
import { type Console, fieldsOf, formLimit, headSeq, readForm, type Visit } from '../visit.ts';

/** Events of a request that its page shows, the newest. */
const historyLength = 200;

const decisionForm = {
  verdict: z.enum(verdicts),
  digest: z.string().max(64),
  /** the place of the choice in its list */
  choice: z.string().regex(/^\d$/, 'must be the place of a choice').optional(),
  answer: text({ min: 1, max: 4_000 }).optional(),
  code: z.enum(denyReasons).optional(),
  text: text({ max: 1_000 }).optional(),
  confirm: z.literal('yes').optional(),
  allow: z.literal('yes').optional(),
};
const resolutionForm = {
  verdict: z.enum(['executed', 'failed', 'resend']),
  reason: text({ min: 1, max: 2_000 }),
  /** left empty where nobody knows it */
  number: z
    .string()
    .refine((written) => written.trim() === '' || readNumber(written) !== undefined, 'must be digits alone, like 12')
    .transform(readNumber)
    .optional(),
};
const commentForm = { comment: text({ min: 1, max: 2_000 }) };
type DecisionForm = z.output<z.ZodObject<typeof decisionForm, z.core.$strict>>;

/** One request: its page, and the decisions made there. */
export function requestRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { app, viewer } = console.door;

  routes.get('/requests/:id', async (c) => {
    const visit = await console.enter(c);
    const id = readRequestId(c.req.param('id'));
    if (id !== c.req.param('id')) return c.redirect(`/requests/${id}`, 302);
    const answer = await getRequestAnswer(viewer, id);
    const shows =
      isReadByAPerson(c) && answer.shownAt === null && barredFrom(console.door, answer, visit) === undefined;
    if (!shows) return showRequest(c, console, visit, answer);
    await markShown(app, id, visit.personId);
    const looked = { ...visit, seq: await headSeq(console.door) };
    return showRequest(c, console, looked, await getRequestAnswer(viewer, id));
  });

  // Where a reload of the answer to a form leads.
  for (const act of ['decisions', 'stop', 'resolve', 'look']) {
    routes.get(`/requests/:id/${act}`, async (c) => {
      await console.enter(c);
      return c.redirect(`/requests/${readRequestId(c.req.param('id') ?? '')}`, 303);
    });
  }

  routes.post('/requests/:id/decisions', formLimit, async (c) => {
    const visit = await console.enter(c);
    const id = readRequestId(c.req.param('id'));
    let first: ToConfirm | undefined;
    try {
      const form = await readForm(c, visit, decisionForm);
      const decision = decisionOf(form, await getRequestAnswer(viewer, id));
      const decided = await decide(app, decision, visit.by);
      if (decided.confirmBy === undefined)
        return c.redirect(`/requests/${id}?said=${decided.repeated ? 'again' : 'so'}`, 303);
      first = firstAct(form, decision, decided.confirmBy);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      // A request that is not there has no page to show the refusal on; this throws then.
      return showRequest(c, console, visit, await getRequestAnswer(viewer, id), {
        refused: error,
        written: await writtenIn(c),
      });
    }
    return showRequest(c, console, visit, await getRequestAnswer(viewer, id), { first });
  });
  /** An act beside deciding, after which the page shows how things stand; a refusal is shown on the same page. */
  const acting = async (
    c: Context<Env>,
    act: (visit: Visit, id: string) => Promise<unknown>,
    { place = '' } = {},
  ): Promise<Response> => {
    const visit = await console.enter(c);
    const id = readRequestId(c.req.param('id') ?? '');
    try {
      await act(visit, id);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      return showRequest(c, console, visit, await getRequestAnswer(viewer, id), { refused: error });
    }
    return c.redirect(`/requests/${id}${place}`, 303);
  };
  routes.post('/requests/:id/stop', formLimit, (c) =>
    acting(c, async (visit, id) => {
      await readForm(c, visit, {});
      await stopCommand(app, id, visit.by);
    }),
  );
  routes.post('/requests/:id/resolve', formLimit, (c) =>
    acting(c, async (visit, id) => resolve(app, id, await readForm(c, visit, resolutionForm), visit.by)),
  );
  routes.post('/requests/:id/look', formLimit, async (c) => {
    let found = false;
    const looked = await acting(c, async (visit, id) => {
      await readForm(c, visit, {});
      ({ found } = await lookAgain(app, id, visit.by));
    });
    if (looked.status !== 303) return looked;
    return c.redirect(`/requests/${readRequestId(c.req.param('id'))}?looked=${found ? 'found' : 'nothing'}`, 303);
  });
  routes.post('/requests/:id/comments', formLimit, (c) =>
    acting(c, async (visit, id) => comment(app, id, (await readForm(c, visit, commentForm)).comment, visit.by), {
      place: '#talk-title',
    }),
  );
  return routes;
}

async function showRequest(
  c: Context<Env>,
  { door }: Console,
  visit: Visit,
  answer: RequestAnswer,
  { refused, written, first }: { refused?: GaiaError; written?: Written | undefined; first?: ToConfirm } = {},
): Promise<Response> {
  const { events, next } = await listEventAnswers(door.viewer, {
    subject: `request:${answer.id}`,
    limit: historyLength,
  });
  const facts = {
    answer,
    visit,
    history: events.reverse(),
    olderBefore: next ?? undefined,
    barred: barredFrom(door, answer, visit),
    done: lookedOf(c.req.query('looked'), answer) ?? saidOf(c.req.query('said'), answer, visit),
    refused,
    written,
    first,
    output: answer.state === 'executing' ? await door.app.execution?.executor.live(answer.id) : undefined,
  };
  if (refused) return answerRefusal(c, requestPage(facts), refused);
  return answerPage(c, requestPage(facts), first ? 202 : 200);
}

/** Whether the whole page goes out because a person opened it: no look at the headers, no prefetch, no refresh of a part. */
const isReadByAPerson = (c: Context<Env>): boolean =>
  c.req.method === 'GET' &&
  !/prefetch|prerender/.test(`${c.req.header('sec-purpose') ?? ''} ${c.req.header('purpose') ?? ''}`) &&
  c.req.header('x-fragment') === undefined;

/** What a refused form held, as far as it could be read at all. */
async function writtenIn(c: Context<Env>): Promise<Written | undefined> {
  try {
    const { answer, code, text } = await fieldsOf(c);
    return { answer, code, text };
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    return undefined;
  }
}

function decisionOf(form: DecisionForm, answer: RequestAnswer): Said {
  const { verdict, digest, choice, code, text: words } = form;
  const chosen = choice === undefined ? form.answer : choiceOf(answer, Number(choice));
  return {
    requestId: answer.id,
    verdict,
    digest,
    ...(verdict === 'answer' && chosen !== undefined ? { answer: chosen } : {}),
    ...(verdict === 'deny' ? { reason: { ...(code ? { code } : {}), ...(words ? { text: words } : {}) } } : {}),
    ...(form.confirm ? { confirm: true } : {}),
    ...(form.allow ? { allow: true } : {}),
  };
}

function choiceOf(answer: RequestAnswer, place: number): string {
  const effect = effectOf(answer);
  const choice = effect?.kind === 'question' ? effect.question.choices?.[place] : undefined;
  if (choice === undefined)
    throw invalid('That is not one of the choices.', { reason: 'no_such_choice', remedy: 'Press one of the buttons.' });
  return choice;
}

const firstAct = ({ choice }: DecisionForm, { verdict, answer }: Said, confirmBy: number): ToConfirm => ({
  verdict: verdict === 'answer' ? 'answer' : 'approve',
  confirmBy,
  ...(choice === undefined ? {} : { choice }),
  ...(answer === undefined ? {} : { answer }),
});

/** What a look at GitHub found, as far as the request itself bears it out. */
function lookedOf(looked: string | undefined, { state }: RequestAnswer): string | undefined {
  if (looked === 'nothing' && state === 'unknown') return 'Gaia looked again, and found nothing of it.';
  return looked === 'found' && state !== 'unknown'
    ? 'It is there: Gaia adopted it, and sends nothing again.'
    : undefined;
}

/** What a press came to, told by the votes themselves: the address can only say that there was one. */
function saidOf(said: string | undefined, answer: RequestAnswer, { personId }: Visit): string | undefined {
  const own = answer.votes.find((vote) => vote.person === personId);
  if (own === undefined || (said !== 'so' && said !== 'again')) return undefined;
  const verdict = { approve: 'approved', deny: 'denied', answer: 'answered' }[own.verdict];
  if (said === 'again') return `You already ${verdict} this.`;
  const missing = answer.state === 'pending' ? answer.approvals?.missing : undefined;
  return `You ${verdict} this.${missing ? ` Still missing: ${missing}.` : ''}`;
}
