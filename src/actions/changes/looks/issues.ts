import type { Guarded } from '../../../core/change/content/guards.ts';
import { RemoteFailure } from '../../../core/change/failure.ts';
import { bodyHashOf, withMarks } from '../../../core/change/marker.ts';
import type { OperationOf } from '../../../core/change/operations.ts';
import { saysHowRunStands } from '../../../core/change/review-comment.ts';
import { isListed } from '../../../core/change/rules.ts';
import type { Written } from '../../../core/change/states.ts';
import type { IssueSeen } from '../port.ts';
import {
  among,
  apartFromMarks,
  baseBlockers,
  bodyOf,
  isRef,
  type LookContext,
  type Looked,
  marked,
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

const named = (issue: Pick<IssueSeen, 'number' | 'isPull'>): string =>
  `${issue.isPull ? 'pull request' : 'issue'} #${issue.number}`;
const writtenIssue = ({ id, number, url }: IssueSeen) => written({ id, number, url });

/** What must hold of an issue before anything about it is written. */
const openFor = (context: LookContext, issue: IssueSeen) =>
  issue.isLocked ? [problem(context, 'remote_changed', `The ${named(issue)} is locked.`)] : [];

export async function lookAtIssueCreate(input: OperationOf<'issue.create'>, context: LookContext): Promise<Looked> {
  const repo = repoOf(context);
  const title = await titleOf(context, input.title);
  const body = await bodyOf(context, input.body);
  const labels = input.labels ?? [];
  return {
    on: 'a new issue',
    url: null,
    input: { ...input, title: title.text, body: body.text },
    seen: {},
    changes: [
      ...textChange('title', null, title.text),
      ...textChange('body', null, body.text),
      ...(labels.length > 0 ? [setChange('labels', { added: labels })] : []),
    ],
    inverse: null,
    guarded: [...title.changed, ...body.changed],
    blockers: [...title.blockers, ...body.blockers, ...(await labelBlockers(context, labels))],
    unchanged: undefined,
    write: (marker) => ({
      op: 'issue.create',
      target: repo,
      title: title.text,
      body: withMarks(body.text, [marker]),
      labels,
    }),
    traces: async (key, since) =>
      withLabels(context, marked(context, await context.side.transport.ownIssues(repo, since), key), labels),
  };
}

/** GitHub drops labels without a word where Gaia lacks the right to them: such an issue is not the one that was approved. */
async function withLabels(context: LookContext, found: Written[], labels: readonly string[]): Promise<Written[]> {
  if (labels.length === 0 || found.length === 0) return found;
  const missing: string[][] = [];
  for (const { number } of found) {
    const issue = await context.side.transport.issue(repoOf(context), number ?? 0);
    missing.push(labels.filter((label) => !among(label, issue.labels)));
  }
  const whole = missing.findIndex((names) => names.length === 0);
  if (whole === -1)
    throw new RemoteFailure({
      code: 'remote_validation_failed',
      message: `Issue #${found[0]?.number} was made, without ${missing[0]?.join(', ')}.`,
      status: null,
      requestId: null,
      evidence: found.map(({ url, id }) => url ?? String(id)),
    });
  return [found[whole] as Written, ...found.filter((_, index) => index !== whole)];
}

export async function lookAtIssueUpdate(input: OperationOf<'issue.update'>, context: LookContext): Promise<Looked> {
  const title = replaced(input.patch, '/title');
  const body = replaced(input.patch, '/body');
  const newTitle = title === undefined ? undefined : await titleOf(context, title);
  const newBody = body === undefined ? undefined : await bodyOf(context, body);
  const guards = [newTitle, newBody].filter((one): one is Guarded => one !== undefined);
  const guarded: OperationOf<'issue.update'> = { ...input, patch: patchOf(newTitle?.text, newBody?.text) };
  if (isRef(input.number))
    return resting(
      guarded,
      'the issue',
      input.number,
      [
        ...(newTitle ? textChange('title', null, newTitle.text) : []),
        ...(newBody ? textChange('body', null, newBody.text) : []),
      ],
      guards,
    );
  const repo = repoOf(context);
  const issue = await context.side.transport.issue(repo, input.number);
  const { plain, marks } = apartFromMarks(context, issue);
  const changes = [
    ...(newTitle ? textChange('title', issue.title, newTitle.text) : []),
    ...(newBody ? textChange('body', plain, newBody.text) : []),
  ];
  const number = input.number;
  return {
    on: named(issue),
    url: issue.url,
    input: guarded,
    seen: {
      ...(newTitle ? { title: issue.title } : {}),
      ...(newBody ? { bodyHash: bodyHashOf(plain) } : {}),
      ...(input.base?.updatedAt && !context.afterOwnWrites ? { updatedAt: issue.updatedAt } : {}),
    },
    changes,
    inverse: {
      op: 'issue.update',
      number,
      patch: patchOf(newTitle && issue.title, newBody && (plain === '' ? undefined : plain)),
    },
    guarded: guards.flatMap(({ changed }) => changed),
    blockers: [
      ...guards.flatMap(({ blockers }) => blockers),
      ...openFor(context, issue),
      ...(issue.isPull
        ? [problem(context, 'remote_mismatch', `${named(issue)} is no issue; use pr.update.`, { phase: 'submit' })]
        : []),
      ...(changes.length === 0
        ? []
        : baseBlockers(context, input.base, { bodies: [issue.body, plain], updatedAt: issue.updatedAt })),
    ],
    unchanged: changes.length === 0 ? writtenIssue(issue) : undefined,
    write: () => ({
      op: 'issue.update',
      target: repo,
      number,
      ...(newTitle && { title: newTitle.text }),
      ...(newBody && { body: withMarks(newBody.text, marks) }),
    }),
  };
}

export const patchOf = (title: string | undefined, body: string | undefined): OperationOf<'issue.update'>['patch'] => [
  ...(title === undefined ? [] : [{ op: 'replace' as const, path: '/title' as const, value: title }]),
  ...(body === undefined ? [] : [{ op: 'replace' as const, path: '/body' as const, value: body }]),
];

/** How a run stands is said by its gates alone, in the one comment of its epoch. */
async function commentOf(context: LookContext, text: string): Promise<Guarded> {
  const body = await bodyOf(context, text);
  if (!saysHowRunStands(body.text)) return body;
  const message = 'It begins as the comment that says how a run stands, and that is written by review_comment alone.';
  return { ...body, blockers: [...body.blockers, problem(context, 'payload_invalid', message)] };
}

export async function lookAtComment(input: OperationOf<'issue.comment.create'>, context: LookContext): Promise<Looked> {
  const body = await commentOf(context, input.body);
  const changes = textChange('comment', null, body.text);
  const guarded = { ...input, body: body.text };
  if (isRef(input.number)) return resting(guarded, 'the issue', input.number, changes, [body]);
  const repo = repoOf(context);
  const number = input.number;
  const issue = await context.side.transport.issue(repo, number);
  return {
    on: `a new comment on ${named(issue)}`,
    url: issue.url,
    input: guarded,
    seen: { issue: issue.id },
    changes,
    inverse: null,
    guarded: body.changed,
    blockers: [...body.blockers, ...openFor(context, issue)],
    unchanged: undefined,
    write: (marker) => ({ op: 'issue.comment.create', target: repo, number, body: withMarks(body.text, [marker]) }),
    traces: async (key, since) => marked(context, await context.side.transport.ownComments(repo, number, since), key),
  };
}

export async function lookAtCommentUpdate(
  input: OperationOf<'issue.comment.update'>,
  context: LookContext,
): Promise<Looked> {
  const body = await commentOf(context, input.body);
  const guarded = { ...input, body: body.text };
  if (isRef(input.comment))
    return resting(guarded, 'the comment', input.comment, textChange('comment', null, body.text), [body]);
  const repo = repoOf(context);
  const comment = await context.side.transport.comment(repo, input.comment);
  const { plain, marks } = apartFromMarks(context, comment);
  const isOwn = comment.author?.id === context.me.id;
  const id = input.comment;
  const changes = textChange('comment', plain, body.text);
  return {
    on: `comment ${id} on #${comment.issue}`,
    url: comment.url,
    input: guarded,
    seen: { bodyHash: bodyHashOf(plain) },
    changes,
    inverse: plain === '' ? null : { op: 'issue.comment.update', comment: id, body: plain },
    guarded: body.changed,
    blockers: [
      ...body.blockers,
      ...(isOwn ? [] : [problem(context, 'remote_mismatch', `Comment ${id} is not Gaia's own.`, { phase: 'submit' })]),
      ...(isOwn && saysHowRunStands(plain)
        ? [
            problem(context, 'remote_mismatch', `Comment ${id} says how a run stands.`, {
              phase: 'submit',
              remedy: `Propose review_comment.update of comment ${id}.`,
            }),
          ]
        : []),
      ...(changes.length === 0
        ? []
        : baseBlockers(context, input.base, { bodies: [comment.body, plain], updatedAt: comment.updatedAt })),
    ],
    unchanged: changes.length === 0 ? written({ id, url: comment.url }) : undefined,
    write: () => ({
      op: 'issue.comment.update',
      target: repo,
      comment: id,
      body: withMarks(body.text, marks),
    }),
  };
}

async function labelBlockers(context: LookContext, labels: readonly string[]) {
  const { labels: listed } = repoRules(context);
  const reserved = labels.filter((label) => !isListed(label, listed));
  const rest = labels.filter((label) => !reserved.includes(label));
  const unknown = rest.length === 0 ? [] : await context.side.transport.unknownLabels(repoOf(context), rest);
  return [
    ...reserved.map((label) => problem(context, 'label_not_allowed', `The policy does not list the label “${label}”.`)),
    ...unknown.map((label) =>
      problem(context, 'label_not_allowed', `There is no label “${label}” in ${repoOf(context)}, and Gaia makes none.`),
    ),
  ];
}

export async function lookAtLabels(
  input: OperationOf<'issue.label.add'> | OperationOf<'issue.label.remove'>,
  context: LookContext,
): Promise<Looked> {
  const adds = input.op === 'issue.label.add';
  const all = setChange('labels', adds ? { added: input.labels } : { removed: input.labels });
  if (isRef(input.number)) {
    const looked = resting(input, 'the issue', input.number, [all]);
    return { ...looked, blockers: adds ? await labelBlockers(context, input.labels) : [] };
  }
  const repo = repoOf(context);
  const number = input.number;
  const issue = await context.side.transport.issue(repo, number);
  const has = input.labels.filter((label) => among(label, issue.labels));
  const open = adds ? input.labels.filter((label) => !has.includes(label)) : has;
  const { labels: listed } = repoRules(context);
  const notListed = adds ? [] : input.labels.filter((label) => !isListed(label, listed));
  return {
    on: named(issue),
    url: issue.url,
    input,
    seen: { present: [...has].sort() },
    changes: [setChange('labels', adds ? { added: open, kept: has } : { removed: open })],
    inverse: open.length === 0 ? null : { op: adds ? 'issue.label.remove' : 'issue.label.add', number, labels: open },
    guarded: [],
    blockers: [
      ...(adds ? await labelBlockers(context, input.labels) : []),
      ...notListed.map((label) =>
        problem(context, 'label_not_allowed', `The policy does not list the label “${label}”.`),
      ),
      ...openFor(context, issue),
    ],
    unchanged: open.length === 0 ? writtenIssue(issue) : undefined,
    write: () => ({ op: input.op, target: repo, number, labels: open }),
  };
}

export async function lookAtAssign(input: OperationOf<'issue.assign'>, context: LookContext): Promise<Looked> {
  const { assignees: listed } = repoRules(context);
  const blockers = input.assignees
    .filter((login) => !isListed(login, listed))
    .map((login) =>
      problem(context, 'operation_denied', `The policy does not list ${login} among those who may be assigned.`),
    );
  if (isRef(input.number))
    return {
      ...resting(input, 'the issue', input.number, [setChange('assignees', { added: input.assignees })]),
      blockers,
    };
  const repo = repoOf(context);
  const number = input.number;
  const issue = await context.side.transport.issue(repo, number);
  const has = input.assignees.filter((login) => among(login, issue.assignees));
  const open = input.assignees.filter((login) => !has.includes(login));
  return {
    on: named(issue),
    url: issue.url,
    input,
    seen: { present: [...has].sort() },
    changes: [setChange('assignees', { added: open, kept: has })],
    inverse: null,
    guarded: [],
    blockers: [...blockers, ...openFor(context, issue)],
    unchanged: open.length === 0 ? writtenIssue(issue) : undefined,
    write: () => ({ op: 'issue.assign', target: repo, number, assignees: open }),
  };
}

type LinkInput = OperationOf<'issue.link'>;

const linkWords = ({ relation }: LinkInput, child: number | string, parent: number | string): string =>
  `#${child} ${relation === 'sub_issue' ? 'is below' : 'is blocked by'} #${parent}`.replaceAll('#$', '$');

const linkChange = (input: LinkInput, now: number | undefined) => ({
  field: 'link',
  kind: 'value' as const,
  before: now === undefined ? null : linkWords(input, input.child, now),
  after: linkWords(input, input.child, input.parent),
});

/** A child is only taken away from the parent it has where that was asked for, and people see from which. */
const parentBlockers = (context: LookContext, { child, parent, replaceParent }: LinkInput, now: number | undefined) =>
  now === undefined || now === parent || replaceParent === true
    ? []
    : [
        problem(context, 'remote_changed', `#${child} is below #${now} already, and replaceParent was not asked for.`, {
          phase: 'submit',
        }),
      ];

/** Back below the parent it had. */
const backBelow = (now: number, child: number): LinkInput => ({
  op: 'issue.link',
  parent: now,
  child,
  relation: 'sub_issue',
  replaceParent: true,
});

export async function lookAtLink(input: LinkInput, context: LookContext): Promise<Looked> {
  const repo = repoOf(context);
  const { transport } = context.side;
  const { parent, child } = input;
  if (isRef(child)) return resting(input, 'a link of what', child, [linkChange(input, undefined)]);
  if (isRef(parent)) {
    const looked = resting(input, 'a link of what', parent, [linkChange(input, undefined)]);
    if (input.relation !== 'sub_issue') return looked;
    const now = await transport.parentOf(repo, child);
    return {
      ...looked,
      seen: { parent: now ?? null },
      changes: [linkChange(input, now)],
      inverse: now === undefined ? null : backBelow(now, child),
      blockers: parentBlockers(context, input, now),
    };
  }
  const [above, below] = [await transport.issue(repo, parent), await transport.issue(repo, child)];
  if (input.relation === 'blocked_by') {
    const present = (await transport.blockersOf(repo, child)).includes(parent);
    return {
      on: named(below),
      url: below.url,
      input,
      seen: { present },
      changes: present ? [] : [linkChange(input, undefined)],
      inverse: null,
      guarded: [],
      blockers: openFor(context, below),
      unchanged: present ? writtenIssue(below) : undefined,
      write: () => ({
        op: 'issue.link',
        target: repo,
        relation: 'blocked_by',
        parent,
        child,
        parentId: above.id,
        childId: below.id,
        replaceParent: false,
      }),
    };
  }
  const now = await transport.parentOf(repo, child);
  const replaces = now !== undefined && now !== parent;
  return {
    on: named(below),
    url: below.url,
    input,
    seen: { parent: now ?? null },
    changes: now === parent ? [] : [linkChange(input, now)],
    inverse: replaces ? backBelow(now, child) : null,
    guarded: [],
    blockers: [...openFor(context, below), ...parentBlockers(context, input, now)],
    unchanged: now === parent ? writtenIssue(below) : undefined,
    write: () => ({
      op: 'issue.link',
      target: repo,
      relation: 'sub_issue',
      parent,
      child,
      parentId: above.id,
      childId: below.id,
      replaceParent: replaces,
    }),
  };
}
