import type { Blocker } from '../../../core/approval/blocker.ts';
import { closingIn, type Guarded } from '../../../core/change/content/guards.ts';

import {
  bodyHashOf,
  type ManagedPart,
  managedBlock,
  managedParts,
  markFor,
  type Place,
  withManagedPart,
  withMarks,
} from '../../../core/change/marker.ts';
import type { OperationOf } from '../../../core/change/operations.ts';
import { reviewComment } from '../../../core/change/review-comment.ts';
import { alwaysProtectedHeads, alwaysProtectedPaths, isListed } from '../../../core/change/rules.ts';
import { sameName } from '../../../core/change/target.ts';
import { matchesPath } from '../../../core/policy/glob.ts';
import type { PullSeen } from '../port.ts';
import { repoInRemote } from '../remote-url.ts';
import { patchOf } from './issues.ts';
import {
  among,
  apartFromMarks,
  baseBlockers,
  bodyOf,
  hasMark,
  type LookContext,
  type Looked,
  marked,
  placeOf,
  problem,
  replaced,
  repoOf,
  repoRules,
  resting,
  setChange,
  textChange,
  titleOf,
  written,
} from './look.ts';

const isRef = (value: number | string): value is string => typeof value === 'string';
const writtenPull = ({ id, number, url }: PullSeen) => written({ id, number, url });

export async function lookAtPullCreate(input: OperationOf<'pr.create'>, context: LookContext): Promise<Looked> {
  const repo = repoOf(context);
  const { transport } = context.side;
  const { head, base } = input;
  const title = titleOf(context, input.title);
  const body = bodyOf(context, input.body);
  const between = await transport.pullsBetween(repo, head, base);
  const open = between.find(({ state }) => state === 'open');
  const headSha = context.run?.run.headSha ?? null;
  return {
    on: `a new draft pull request, ${head} → ${base}`,
    url: null,
    input: { ...input, title: title.text, body: body.text },
    seen: { headSha, open: open?.number ?? null },
    changes: [
      { field: 'branches', kind: 'value', before: null, after: `${head} → ${base}` },
      ...textChange('title', null, title.text),
      ...textChange('body', null, body.text),
    ],
    inverse: null,
    guarded: [...title.changed, ...body.changed],
    blockers: [
      ...title.blockers,
      ...body.blockers,
      ...(await branchBlockers(context, head, base)),
      ...(open === undefined
        ? []
        : [
            problem(context, 'remote_changed', `Pull request #${open.number} is open for these branches already.`, {
              phase: 'submit',
              remedy: `Propose pr.update of #${open.number}.`,
              evidence: [open.url],
            }),
          ]),
    ],
    unchanged: undefined,
    write: (marker) => ({
      op: 'pr.create',
      target: repo,
      head,
      base,
      headSha: headSha ?? '',
      title: title.text,
      body: managedBlock(body.text, marker),
    }),
    // whatever became of it since: one that people closed is not made again
    traces: async (key) =>
      (await transport.pullsBetween(repo, head, base))
        .filter((pull) => pull.author?.id === context.me.id && hasMark(context, pull.body, key))
        .map(writtenPull),
  };
}

/** Everything that must hold of the two branches of a pull request, and of what lies between them. */
async function branchBlockers(context: LookContext, head: string, base: string): Promise<Blocker[]> {
  const rules = repoRules(context);
  const { transport } = context.side;
  const repo = repoOf(context);
  const blockers: Blocker[] = [];
  const say = (...args: [Parameters<typeof problem>[1], string, Parameters<typeof problem>[3]?]) =>
    blockers.push(problem(context, ...args));
  if (sameName(head, base)) say('head_equals_base', `Head and base are both ${head}.`);
  if (!isListed(base, rules.bases)) say('branch_not_allowed', `The policy does not list ${base} as a base.`);
  if (!isListed(head, rules.heads)) say('branch_not_allowed', `The policy does not list ${head} as a head.`);
  const { defaultBranch } = await transport.repository(repo);
  const there = await transport.branch(repo, head);
  if (isListed(head, [...alwaysProtectedHeads, ...rules.protectedHeads, defaultBranch]) || there?.isProtected)
    say('head_protected', `${head} is a protected branch.`);
  if ((await transport.branch(repo, base)) === undefined)
    say('branch_incomplete', `There is no branch ${base} in ${repo}.`);
  blockers.push(...(await workspaceBlockers(context, head, base)));
  const expected = context.run?.run.headSha;
  if (there === undefined) say('head_ref_missing', `There is no branch ${head} in ${repo} yet.`);
  else if (expected && there.sha !== expected)
    say(
      'head_sha_mismatch',
      `${head} stands at ${there.sha.slice(0, 12)}, and the gates are about ${expected.slice(0, 12)}.`,
      {
        evidence: [there.sha, expected],
      },
    );
  else blockers.push(...(await contentBlockers(context, base, head)));
  return blockers;
}

async function workspaceBlockers(context: LookContext, head: string, base: string): Promise<Blocker[]> {
  const run = context.run?.run;
  if (run === undefined) return [];
  const blockers: Blocker[] = [];
  if (run.head !== head || run.base !== base)
    blockers.push(problem(context, 'branch_incomplete', `The run ${run.id} is about ${run.head} → ${run.base}.`));
  const url = await context.side.remoteUrl(run.workspace, run.remote);
  const names = url === undefined ? undefined : repoInRemote(url);
  const isSame =
    names !== undefined &&
    sameName(names.repo, repoOf(context)) &&
    (context.side.transport.mode === 'local_fake' ||
      sameName(names.host, context.side.transport.host.replace(/:\d+$/, '')));
  if (!isSame)
    blockers.push(
      problem(
        context,
        'local_remote_mismatch',
        `The remote ${run.remote} of ${run.workspace} is ${names === undefined ? 'none that Gaia can read' : `${names.host}/${names.repo}`}.`,
        {
          evidence: [run.workspace],
        },
      ),
    );
  return blockers;
}

/** Commit messages close issues, and files decide what runs: both come with a pull request. */
async function contentBlockers(context: LookContext, base: string, head: string): Promise<Blocker[]> {
  const { messages, files, isCut } = await context.side.transport.compare(repoOf(context), base, head);
  const blockers: Blocker[] = [];
  const closing = messages.map(closingIn).find((found) => found !== undefined);
  if (closing !== undefined)
    blockers.push(problem(context, 'closing_keyword', `A commit message holds “${closing}”, which closes an issue.`));
  const globs = [...alwaysProtectedPaths, ...repoRules(context).protectedPaths];
  const touched = files.filter((file) =>
    globs.some((glob) => matchesPath(glob, file) || matchesPath(glob, `/${file}`)),
  );
  if (touched.length > 0)
    blockers.push(
      problem(context, 'operation_forbidden', `It touches protected files: ${touched.slice(0, 5).join(', ')}.`, {
        evidence: touched.slice(0, 20),
      }),
    );
  if (isCut)
    blockers.push(
      problem(
        context,
        'payload_too_large',
        'It changes more files or commits than GitHub lists, so they cannot be checked.',
      ),
    );
  return blockers;
}

/** What must hold of a pull request before anything about it is written. */
function pullBlockers(context: LookContext, pull: PullSeen): Blocker[] {
  const run = context.run?.run;
  const blockers: Blocker[] = [];
  if (pull.state === 'closed')
    blockers.push(
      problem(context, 'remote_changed', `Pull request #${pull.number} is closed; Gaia does not reopen it.`),
    );
  if (pull.head.repo === null || !sameName(pull.head.repo, repoOf(context)))
    blockers.push(problem(context, 'remote_mismatch', `Pull request #${pull.number} comes from another repository.`));
  if (run && (pull.head.ref !== run.head || pull.base.ref !== run.base))
    blockers.push(
      problem(
        context,
        'branch_incomplete',
        `The run ${run.id} is about ${run.head} → ${run.base}, not ${pull.head.ref} → ${pull.base.ref}.`,
      ),
    );
  if (run?.headSha && pull.head.sha !== run.headSha)
    blockers.push(
      problem(
        context,
        'head_sha_mismatch',
        `#${pull.number} stands at ${pull.head.sha.slice(0, 12)}, and the gates are about ${run.headSha.slice(0, 12)}.`,
      ),
    );
  return blockers;
}

const placeOfPull = ({ side, target }: LookContext, number: number): Place => {
  const place = placeOf(side, target);
  return { ...place, target: `${place.target}#${number}` };
};

/** Gaia's parts of a pull request's body: what it was made with, where Gaia made it, or what was added to this one. */
const partsOf = (context: LookContext, { author, number, body }: PullSeen): ManagedPart[] =>
  managedParts(
    context.side.markerSecret,
    [...(author?.id === context.me.id ? [placeOf(context.side, context.target)] : []), placeOfPull(context, number)],
    body,
  );

export async function lookAtPullUpdate(input: OperationOf<'pr.update'>, context: LookContext): Promise<Looked> {
  const title = replaced(input.patch, '/title');
  const body = replaced(input.patch, '/body');
  const newTitle = title === undefined ? undefined : titleOf(context, title);
  const newBody = body === undefined ? undefined : bodyOf(context, body);
  const guards = [newTitle, newBody].filter((one): one is Guarded => one !== undefined);
  const guarded: OperationOf<'pr.update'> = { ...input, patch: patchOf(newTitle?.text, newBody?.text) };
  const { number } = input;
  if (isRef(number))
    return resting(
      guarded,
      'the pull request',
      number,
      [
        ...(newTitle ? textChange('title', null, newTitle.text) : []),
        ...(newBody ? textChange('body', null, newBody.text) : []),
      ],
      guards,
    );
  const repo = repoOf(context);
  const pull = await context.side.transport.pull(repo, number);
  const isOwn = pull.author?.id === context.me.id;
  const parts = partsOf(context, pull);
  const managed = parts[0]?.text;
  const changes = [
    ...(newTitle ? textChange('title', pull.title, newTitle.text) : []),
    ...(newBody ? textChange("Gaia's part of the body", managed ?? null, newBody.text) : []),
  ];
  return {
    on: `pull request #${number}${isOwn ? '' : ', which Gaia did not make: approving adopts it'}`,
    url: pull.url,
    input: guarded,
    seen: {
      ...(newTitle ? { title: pull.title } : {}),
      ...(newBody ? { bodyHash: bodyHashOf(pull.body) } : {}),
      state: pull.state,
      ...(input.base?.updatedAt && !context.afterOwnWrites ? { updatedAt: pull.updatedAt } : {}),
    },
    changes,
    inverse: {
      op: 'pr.update',
      number,
      patch: patchOf(newTitle && pull.title, newBody && managed ? managed : undefined),
    },
    guarded: guards.flatMap(({ changed }) => changed),
    blockers: [
      ...guards.flatMap(({ blockers }) => blockers),
      ...pullBlockers(context, pull),
      ...(newBody && parts.length > 1
        ? [
            problem(context, 'remote_ambiguous', `The body of #${number} has more than one part of Gaia's.`, {
              phase: 'submit',
            }),
          ]
        : []),
      ...(changes.length === 0
        ? []
        : baseBlockers(context, input.base, {
            bodies: [pull.body, ...(managed === undefined ? [] : [managed])],
            updatedAt: pull.updatedAt,
          })),
    ],
    unchanged: changes.length === 0 ? writtenPull(pull) : undefined,
    write: (marker) => ({
      op: 'pr.update',
      target: repo,
      number,
      ...(newTitle && { title: newTitle.text }),
      ...(newBody && {
        body: withManagedPart(
          pull.body,
          parts[0],
          newBody.text,
          markFor(context.side.markerSecret, placeOfPull(context, number), marker),
        ),
      }),
    }),
  };
}

export async function lookAtPullReady(
  input: OperationOf<'pr.ready_for_review'>,
  context: LookContext,
): Promise<Looked> {
  const { number } = input;
  const change = { field: 'draft', kind: 'value' as const, before: 'a draft', after: 'ready for review' };
  if (isRef(number)) return resting(input, 'the pull request', number, [change]);
  const repo = repoOf(context);
  const pull = await context.side.transport.pull(repo, number);
  return {
    on: `pull request #${number}`,
    url: pull.url,
    input,
    seen: { draft: pull.isDraft, state: pull.state },
    changes: pull.isDraft ? [change] : [],
    inverse: null,
    guarded: [],
    blockers: pullBlockers(context, pull),
    unchanged: pull.isDraft ? undefined : writtenPull(pull),
    write: () => ({ op: 'pr.ready_for_review', target: repo, number, nodeId: pull.nodeId }),
  };
}

export async function lookAtReviewers(
  input: OperationOf<'pr.request_reviewers'>,
  context: LookContext,
): Promise<Looked> {
  const { number } = input;
  const { reviewers: listed } = repoRules(context);
  const blockers = input.reviewers
    .filter((login) => !isListed(login, listed))
    .map((login) => problem(context, 'operation_denied', `The policy does not list ${login} among the reviewers.`));
  if (isRef(number))
    return {
      ...resting(input, 'the pull request', number, [setChange('reviewers', { added: input.reviewers })]),
      blockers,
    };
  const repo = repoOf(context);
  const pull = await context.side.transport.pull(repo, number);
  const has = input.reviewers.filter((login) => among(login, pull.reviewers));
  const open = input.reviewers.filter((login) => !has.includes(login));
  return {
    on: `pull request #${number}`,
    url: pull.url,
    input,
    seen: { present: [...has].sort(), state: pull.state },
    changes: [setChange('reviewers', { added: open, kept: has })],
    inverse: null,
    guarded: [],
    blockers: [...blockers, ...pullBlockers(context, pull)],
    unchanged: open.length === 0 ? writtenPull(pull) : undefined,
    write: () => ({ op: 'pr.request_reviewers', target: repo, number, reviewers: open }),
  };
}

/** The text of the one comment of this epoch; without passed gates there is nothing to show people yet. */
function reviewText<Input extends OperationOf<'review_comment.create'> | OperationOf<'review_comment.update'>>(
  context: LookContext,
  input: Input,
): { input: Input; body: Guarded } {
  const { run } = context;
  const [summary, action] = [bodyOf(context, input.summary), bodyOf(context, input.actionRequired)];
  const guarded = { ...input, summary: summary.text, actionRequired: action.text };
  const body = bodyOf(context, run === undefined ? `${summary.text}\n\n${action.text}` : reviewComment(run, guarded));
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
  const { input, body } = reviewText(context, proposed);
  const { number } = input;
  if (isRef(number)) return resting(input, 'the pull request', number, textChange('comment', null, body.text), [body]);
  const repo = repoOf(context);
  const { transport } = context.side;
  const pull = await transport.pull(repo, number);
  return {
    on: `the review comment of this epoch on pull request #${number}`,
    url: pull.url,
    input,
    seen: { pull: pull.id, state: pull.state },
    changes: textChange('comment', null, body.text),
    inverse: null,
    guarded: body.changed,
    blockers: [...body.blockers, ...pullBlockers(context, pull)],
    unchanged: undefined,
    write: (marker) => ({ op: 'review_comment.create', target: repo, number, body: withMarks(body.text, [marker]) }),
    traces: async (key, since) => marked(context, await transport.ownComments(repo, number, since), key),
  };
}

export async function lookAtReviewUpdate(
  proposed: OperationOf<'review_comment.update'>,
  context: LookContext,
): Promise<Looked> {
  const { input, body } = reviewText(context, proposed);
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
