import type { Guarded } from '../../../core/change/content/guards.ts';
import { bodyHashOf, marksIn, withMarks, withoutMarks } from '../../../core/change/marker.ts';
import type { OperationOf } from '../../../core/change/operations.ts';
import { reviewComment, reviewHead } from '../../../core/change/review-comment.ts';
import type { OwnText } from '../port.ts';
import {
  apartFromMarks,
  bodyOf,
  isRef,
  type LookContext,
  type Looked,
  marked,
  placeOf,
  problem,
  repoOf,
  resting,
  textChange,
  written,
} from './look.ts';
import { pullBlockers } from './pull-blockers.ts';

/** The text of the one comment of this epoch; without passed gates there is nothing to show people yet. */
async function reviewText<Input extends OperationOf<'review_comment.create'> | OperationOf<'review_comment.update'>>(
  context: LookContext,
  input: Input,
): Promise<{ input: Input; body: Guarded }> {
  const { run } = context;
  const [summary, action] = [await bodyOf(context, input.summary), await bodyOf(context, input.actionRequired)];
  const guarded = { ...input, summary: summary.text, actionRequired: action.text };
  const body = await bodyOf(
    context,
    run === undefined ? `${summary.text}\n\n${action.text}` : reviewComment(run, guarded),
  );
  const passed = (gate: string) =>
    run?.gates.some((one) => one.gate === gate && one.epoch === run.run.epoch && one.verdict === 'PASS');
  const closed = (
    [
      ['verification', 'verification_not_passed'],
      ['internal_review', 'internal_review_not_passed'],
    ] as const
  )
    .filter(([gate]) => run !== undefined && !passed(gate))
    .map(([gate, code]) =>
      problem(context, code, `The comment shows both gates, and ${gate} has not passed in epoch ${run?.run.epoch}.`, {
        phase: 'submit',
        retryable: false,
      }),
    );
  return {
    input: guarded,
    body: {
      text: body.text,
      changed: [...summary.changed, ...action.changed, ...body.changed],
      blockers: [...summary.blockers, ...action.blockers, ...body.blockers, ...closed],
    },
  };
}

export async function lookAtReviewComment(
  proposed: OperationOf<'review_comment.create'>,
  context: LookContext,
): Promise<Looked> {
  const { input, body } = await reviewText(context, proposed);
  const { number } = input;
  if (isRef(number)) return resting(input, 'the pull request', number, textChange('comment', null, body.text), [body]);
  const repo = repoOf(context);
  const { transport } = context.side;
  const pull = await transport.pull(repo, number);
  const there = await commentsOfEpoch(context, number);
  const others = there.filter(({ plain }) => plain !== body.text);
  return {
    on: `the review comment of this epoch on pull request #${number}`,
    url: pull.url,
    input,
    seen: { pull: pull.id, state: pull.state },
    changes: textChange('comment', null, body.text),
    inverse: null,
    guarded: body.changed,
    blockers: [
      ...body.blockers,
      ...pullBlockers(context, pull),
      ...others.map(({ written: { id, url } }) =>
        problem(context, 'duplicate_detected', `Comment ${id} is there for this run and epoch, with other words.`, {
          phase: 'submit',
          remedy: `Propose review_comment.update of comment ${id}.`,
          evidence: url === null ? [] : [url],
        }),
      ),
    ],
    unchanged: undefined,
    write: (marker) => ({ op: 'review_comment.create', target: repo, number, body: withMarks(body.text, [marker]) }),
    // what says something else is not this write, although there is one for each epoch
    traces: async (key) =>
      marked(
        context,
        (await commentsOfEpoch(context, number)).filter(({ plain }) => plain === body.text),
        key,
      ),
  };
}

/** Gaia's own comments about this run and epoch, each with its words apart from its marks. */
async function commentsOfEpoch(context: LookContext, number: number): Promise<(OwnText & { plain: string })[]> {
  const { side, target, run } = context;
  if (run === undefined) return [];
  const own = await side.transport.ownComments(repoOf(context), number, 0);
  return own.flatMap((one) => {
    const marks = marksIn(side.markerSecret, placeOf(side, target), one.text).map(({ marker }) => marker);
    const plain = withoutMarks(one.text, marks);
    return marks.length > 0 && plain.startsWith(reviewHead(run.run)) ? [{ ...one, plain }] : [];
  });
}

export async function lookAtReviewUpdate(
  proposed: OperationOf<'review_comment.update'>,
  context: LookContext,
): Promise<Looked> {
  const { input, body } = await reviewText(context, proposed);
  const { number, comment: id } = input;
  if (isRef(number)) return resting(input, 'the comment', number, textChange('comment', null, body.text), [body]);
  if (isRef(id)) return resting(input, 'the comment', id, textChange('comment', null, body.text), [body]);
  const repo = repoOf(context);
  const { transport } = context.side;
  const pull = await transport.pull(repo, number);
  const comment = await transport.comment(repo, id);
  const { plain, marks } = apartFromMarks(context, comment);
  const isOwn = comment.author?.id === context.me.id && comment.issue === number;
  const changes = textChange('comment', plain, body.text);
  return {
    on: `the review comment ${id} on pull request #${number}`,
    url: comment.url,
    input,
    seen: { bodyHash: bodyHashOf(plain), state: pull.state },
    changes,
    inverse: null,
    guarded: body.changed,
    blockers: [
      ...body.blockers,
      ...pullBlockers(context, pull),
      ...(isOwn
        ? []
        : [problem(context, 'remote_mismatch', `Comment ${id} is not Gaia's own on #${number}.`, { phase: 'submit' })]),
    ],
    unchanged: changes.length === 0 ? written({ id, url: comment.url }) : undefined,
    write: () => ({
      op: 'review_comment.update',
      target: repo,
      comment: id,
      body: withMarks(body.text, marks),
    }),
  };
}
