import type { Guarded } from '../../../core/change/content/guards.ts';
import { RemoteFailure } from '../../../core/change/failure.ts';
import {
  bodyHashOf,
  type ManagedPart,
  managedBlock,
  managedParts,
  markFor,
  type Place,
  withManagedPart,
} from '../../../core/change/marker.ts';
import type { OperationOf } from '../../../core/change/operations.ts';
import { isListed } from '../../../core/change/rules.ts';
import type { Written } from '../../../core/change/states.ts';
import type { PullSeen } from '../port.ts';
import { patchOf } from './issues.ts';
import {
  among,
  baseBlockers,
  bodyOf,
  isRef,
  type LookContext,
  type Looked,
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
import { branchBlockers, handoverBlockers, openBlockers } from './pull-blockers.ts';

const writtenPull = ({ id, number, url }: PullSeen) => written({ id, number, url });

export async function lookAtPullCreate(input: OperationOf<'pr.create'>, context: LookContext): Promise<Looked> {
  const repo = repoOf(context);
  const { transport } = context.side;
  const { head, base } = input;
  const title = await titleOf(context, input.title);
  const body = await bodyOf(context, input.body);
  const between = await transport.pullsBetween(repo, head, base);
  const branches = await branchBlockers(context, head, base);
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
    guarded: [...title.changed, ...body.changed, ...branches.notes],
    blockers: [...title.blockers, ...body.blockers, ...branches.blockers, ...openBlockers(context, between)],
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
    traces: async (key) => tracesOf(context, key, headSha, await transport.pullsBetween(repo, head, base)),
  };
}

/**
 * The pull request that this very write has made, by the mark of Gaia's part of it. One that people closed since is not made
 * again; one that is no longer what was approved is left to a person.
 */
function tracesOf(context: LookContext, key: string, headSha: string | null, between: readonly PullSeen[]): Written[] {
  const made = between.filter(
    (pull) => pull.author?.id === context.me.id && partsOf(context, pull).some(({ op }) => key.startsWith(op)),
  );
  const [pull, ...others] = made;
  if (pull === undefined) return [];
  const refuse = (code: 'remote_ambiguous' | 'remote_mismatch', message: string) => {
    const evidence = made.map(({ url }) => url);
    throw new RemoteFailure({ code, message, status: null, requestId: null, evidence });
  };
  if (others.length > 0)
    refuse(
      'remote_ambiguous',
      `This very pull request is there ${made.length} times, as #${made.map(({ number }) => number).join(', #')}.`,
    );
  if (headSha !== null && pull.head.sha !== headSha)
    refuse(
      'remote_mismatch',
      `Pull request #${pull.number} stands at ${pull.head.sha.slice(0, 12)}, and was approved for ${headSha.slice(0, 12)}.`,
    );
  if (pull.state === 'open' && !pull.isDraft)
    refuse('remote_mismatch', `Pull request #${pull.number} is no draft any more.`);
  return [writtenPull(pull)];
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
  const newTitle = title === undefined ? undefined : await titleOf(context, title);
  const newBody = body === undefined ? undefined : await bodyOf(context, body);
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
      ...(await handoverBlockers(context, pull)),
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
    blockers: await handoverBlockers(context, pull),
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
    blockers: [...blockers, ...(await handoverBlockers(context, pull))],
    unchanged: open.length === 0 ? writtenPull(pull) : undefined,
    write: () => ({ op: 'pr.request_reviewers', target: repo, number, reviewers: open }),
  };
}
