import { z } from 'zod';
import { text } from '../wire/text.ts';
import { projectName, repoName, type Target } from './target.ts';

/** Limits of a changeset; what is over them is refused, never cut. */
export const changeLimits = {
  operations: 10,
  titleLength: 256,
  /** GitHub takes 65,536 characters; room is kept for Gaia's mark */
  bodyLength: 60_000,
  /** characters of all texts together that people can be asked to read */
  textLength: 200_000,
} as const;

const reference = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, 'must be a short name of its own, like a');
const earlier = z
  .string()
  .regex(/^\$[a-z][a-z0-9_-]{0,30}$/, 'must be a number, or $ and the ref of an earlier operation');
const number = z.union([z.int().min(1).max(2_147_483_647), earlier], {
  error: 'must be the number of an issue or a pull request, or $ and the ref of an earlier operation',
});
const remoteId = z.union([z.int().min(1).max(Number.MAX_SAFE_INTEGER), earlier], {
  error: 'must be an id, or $ and the ref of an earlier operation',
});
const title = text({ min: 1, max: changeLimits.titleLength }).refine(
  (value) => !/[\r\n]/.test(value),
  'must be one line',
);
const body = text({ min: 1, max: changeLimits.bodyLength });
const login = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/, 'must be a login, without @');
/** A label stands in the path of the call that takes it away: nothing in it may lead that call elsewhere. */
const label = text({ min: 1, max: 50 }).refine(
  (value) => !/[%\p{Cc}]/u.test(value.trim()) && value.split('/').every((part) => !/^\.{0,2}$/.test(part.trim())),
  'must be a label without percent signs and line breaks, and no part of it between slashes empty, . or ..',
);
const branch = z
  .string()
  .regex(
    /^(?!\/|-)(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)))[A-Za-z0-9._/#+-]{1,200}(?<![/.])$/,
    'must be the name of a branch',
  );
const sha = z.string().regex(/^[0-9a-f]{40}$/, 'must be the 40 hexadecimal digits of a commit');
const bodyHash = z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the body, in hexadecimal digits');
const updatedAt = z.iso.datetime('must be an instant like 2026-01-31T12:00:00Z');
const distinct = (values: readonly string[]) => new Set(values.map((one) => one.toLowerCase())).size === values.length;
const some = <Item extends z.ZodType<string>>(item: Item, most: number) =>
  z.array(item).min(1, 'name at least one').max(most, `at most ${most}`).refine(distinct, 'names one of them twice');

/** JSON Patch over the fields an operation knows: each of them once, replaced. */
const textPatch = z
  .array(
    z.discriminatedUnion(
      'path',
      [
        z.strictObject({ op: z.literal('replace'), path: z.literal('/title'), value: title }),
        z.strictObject({ op: z.literal('replace'), path: z.literal('/body'), value: body }),
      ],
      { error: (issue) => (issue.code === 'invalid_union' ? 'must be /title or /body' : undefined) },
    ),
  )
  .min(1, 'must replace something')
  .max(2, 'at most 2 replacements')
  .refine((patch) => distinct(patch.map(({ path }) => path)), 'replaces a field twice');

const textBase = z
  .strictObject({ bodyHash: bodyHash.optional(), updatedAt: updatedAt.optional() })
  .optional()
  .describe('what the change was made from; anything else there refuses it');

const ref = reference.optional().describe('how later operations name what this one makes');

export const operationInputs = {
  'pr.create': z.strictObject({ op: z.literal('pr.create'), ref, head: branch, base: branch, title, body }),
  'pr.update': z.strictObject({ op: z.literal('pr.update'), number, base: textBase, patch: textPatch }),
  'pr.ready_for_review': z.strictObject({ op: z.literal('pr.ready_for_review'), number }),
  'pr.request_reviewers': z.strictObject({ op: z.literal('pr.request_reviewers'), number, reviewers: some(login, 15) }),
  'review_comment.create': z.strictObject({
    op: z.literal('review_comment.create'),
    ref,
    number,
    summary: text({ min: 1, max: 1_500 }).describe('what was done, in a few lines; no logs'),
    actionRequired: text({ min: 1, max: 500 }).describe('what a person must do next'),
  }),
  'review_comment.update': z.strictObject({
    op: z.literal('review_comment.update'),
    number,
    comment: remoteId,
    summary: text({ min: 1, max: 1_500 }),
    actionRequired: text({ min: 1, max: 500 }),
  }),
  'issue.create': z.strictObject({
    op: z.literal('issue.create'),
    ref,
    title,
    body,
    labels: some(label, 20).optional(),
  }),
  'issue.update': z.strictObject({ op: z.literal('issue.update'), number, base: textBase, patch: textPatch }),
  'issue.comment.create': z.strictObject({ op: z.literal('issue.comment.create'), ref, number, body }),
  'issue.comment.update': z.strictObject({
    op: z.literal('issue.comment.update'),
    comment: remoteId,
    base: textBase,
    body,
  }),
  'issue.label.add': z.strictObject({ op: z.literal('issue.label.add'), number, labels: some(label, 20) }),
  'issue.label.remove': z.strictObject({ op: z.literal('issue.label.remove'), number, labels: some(label, 20) }),
  'issue.assign': z.strictObject({ op: z.literal('issue.assign'), number, assignees: some(login, 10) }),
  'issue.link': z.strictObject({
    op: z.literal('issue.link'),
    parent: number,
    child: number,
    relation: z
      .enum(['sub_issue', 'blocked_by'])
      .describe('sub_issue: child below parent; blocked_by: child is blocked by parent'),
    replaceParent: z.boolean().optional().describe('take the child away from the parent it has'),
  }),
  'commit_status.create': z.strictObject({
    op: z.literal('commit_status.create'),
    sha,
    context: text({ min: 1, max: 100 }).refine((value) => !/[\r\n]/.test(value), 'must be one line'),
    state: z.enum(['error', 'failure', 'pending', 'success']),
    description: text({ min: 1, max: 140 }).optional(),
  }),
  'project.item.add': z.strictObject({
    op: z.literal('project.item.add'),
    ref,
    repo: repoName,
    number: z.int().min(1).max(2_147_483_647),
  }),
  'project.draft_item.create': z.strictObject({
    op: z.literal('project.draft_item.create'),
    ref,
    title,
    body: body.optional(),
  }),
  'project.draft_item.update': z.strictObject({
    op: z.literal('project.draft_item.update'),
    item: remoteId,
    base: textBase,
    patch: textPatch,
  }),
  'project.field.update': z.strictObject({
    op: z.literal('project.field.update'),
    item: remoteId,
    field: text({ min: 1, max: 100 }),
    value: z.union([text({ min: 1, max: 1_000 }), z.number()], { error: 'must be a text or a number' }),
  }),
} as const;

export const operationNames = Object.keys(operationInputs) as (keyof typeof operationInputs)[];
export type OperationName = keyof typeof operationInputs;
export type Operation = { [Name in OperationName]: z.output<(typeof operationInputs)[Name]> }[OperationName];
export type OperationOf<Name extends OperationName> = z.output<(typeof operationInputs)[Name]>;

const isOfProject = (name: string): boolean => name.startsWith('project.');

/** Operations that need passed gates for the very commit; for the others the policy says so. */
export const gatedOperations: readonly OperationName[] = [
  'pr.create',
  'pr.update',
  'pr.ready_for_review',
  'pr.request_reviewers',
  'review_comment.create',
  'review_comment.update',
];

/** Operations that add something each time they are sent; the others lead to a state. */
export const addingOperations: readonly OperationName[] = [
  'pr.create',
  'review_comment.create',
  'issue.create',
  'issue.comment.create',
  'project.draft_item.create',
];

/** What no configuration, approval or grant makes possible: there is no operation for it, and no route. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/merge/, 'Gaia never merges and never queues a merge.'],
  [
    /^(?:pr|issue)\.(?:close|reopen|lock|unlock|delete|transfer|pin)/,
    'Gaia never closes, reopens, locks, deletes or transfers.',
  ],
  [
    /^(?:ref|branch|tag|contents?|commit|release|workflow|repo|repository|collaborator|team|ruleset|secret|variable|webhook|hook|key|gist|org)\b(?!_status)/,
    'Gaia never touches refs, contents, releases, workflows, settings, access or secrets.',
  ],
  [/review\.(?:approve|request_changes)|^pr\.review/, 'Gaia never approves and never requests changes.'],
  [
    /dispatch|force|graphql|\.(?:delete|transfer|close|reopen)$/,
    'Gaia has no such operation, whatever the configuration.',
  ],
];

/** Why an operation can never be had; undefined where its name is merely unknown. */
export const whyForbidden = (op: string): string | undefined => forbidden.find(([pattern]) => pattern.test(op))?.[1];

const operationUnion = z.discriminatedUnion(
  'op',
  Object.values(operationInputs) as unknown as [
    (typeof operationInputs)['issue.create'],
    ...(typeof operationInputs)[OperationName][],
  ],
  {
    error: (issue) => {
      if (issue.code !== 'invalid_union') return undefined;
      const given = (issue.input as { op?: unknown } | undefined)?.op;
      const never = typeof given === 'string' ? whyForbidden(given) : undefined;
      return never ? `is never possible: ${never.replace(/\.$/, '')}` : `must be one of: ${operationNames.join(', ')}`;
    },
  },
);

/** One changeset: ordered operations on one repository or one project. Unknown members are refused. */
export const changesetInput = z
  .strictObject({
    repo: repoName.optional(),
    project: projectName.optional(),
    runId: z
      .string()
      .regex(/^g-[0-9A-HJKMNP-TV-Z]{6}$/, 'must be the id of a GitHub run, like g-7F3K2Q')
      .optional()
      .describe('the run whose gates this rests on'),
    operations: z
      .array(operationUnion)
      .min(1, 'name at least one operation')
      .max(changeLimits.operations, `at most ${changeLimits.operations} operations`),
  })
  .superRefine((changeset, context) => {
    const { repo, project, operations } = changeset;
    if ((repo === undefined) === (project === undefined))
      context.addIssue({ code: 'custom', path: ['repo'], message: 'or project must be given, and not both' });
    const made = new Map<string, string>();
    operations.forEach((operation, index) => {
      const at = (field: string) => ['operations', index, field];
      const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: at(field), message });
      if (repo !== undefined && isOfProject(operation.op))
        wrong('op', 'needs a project, and this changeset names a repository');
      if (project !== undefined && !isOfProject(operation.op))
        wrong('op', 'needs a repository, and this changeset names a project');
      for (const field of ['number', 'comment', 'parent', 'child', 'item'] as const) {
        const value = (operation as Record<string, unknown>)[field];
        if (typeof value !== 'string' || !value.startsWith('$')) continue;
        const kind = made.get(value.slice(1));
        if (kind === undefined) wrong(field, `names ${value}, and no earlier operation has that ref`);
        else if (!mayName[field].includes(kind)) wrong(field, `names ${value}, which is of another kind (${kind})`);
      }
      if ('ref' in operation && operation.ref !== undefined) {
        if (made.has(operation.ref)) wrong('ref', 'is used by an earlier operation');
        made.set(operation.ref, operation.op);
      }
      if (operation.op === 'pr.create' && operation.head === operation.base) wrong('head', 'must not be the base');
      if (operation.op === 'issue.link' && operation.parent === operation.child)
        wrong('child', 'must not be the parent');
    });
    for (const [index, first] of twice(operations)) {
      context.addIssue({
        code: 'custom',
        path: ['operations', index],
        message: `changes the same as operation ${first}; one changeset changes a thing once`,
      });
    }
  });
export type ChangesetInput = z.output<typeof changesetInput>;

/** Which operations make what a field may name. */
const mayName: Record<'number' | 'comment' | 'parent' | 'child' | 'item', readonly string[]> = {
  number: ['issue.create', 'pr.create'],
  parent: ['issue.create'],
  child: ['issue.create'],
  comment: ['issue.comment.create', 'review_comment.create'],
  item: ['project.item.add', 'project.draft_item.create'],
};

/** The writes of one operation, each of them one call: there is none that takes several labels away and leaves the others. */
export const writesOf = (operation: Operation): Operation[] =>
  operation.op === 'issue.label.remove'
    ? operation.labels.map((name) => ({ ...operation, labels: [name] }))
    : [operation];

/** What an operation changes, so that no two of a changeset change the same. Undefined: it only adds. */
function touches(operation: Operation): string[] {
  switch (operation.op) {
    case 'pr.create':
      return [`pull ${operation.head} ${operation.base}`];
    case 'issue.update':
    case 'pr.update':
      return operation.patch.map(({ path }) => `${operation.number} ${path}`);
    case 'issue.label.add':
    case 'issue.label.remove':
      return operation.labels.map((name) => `${operation.number} label ${name.toLowerCase()}`);
    case 'issue.assign':
      return operation.assignees.map((name) => `${operation.number} assignee ${name.toLowerCase()}`);
    case 'pr.request_reviewers':
      return operation.reviewers.map((name) => `${operation.number} reviewer ${name.toLowerCase()}`);
    case 'pr.ready_for_review':
      return [`${operation.number} ready`];
    case 'review_comment.create':
    case 'review_comment.update':
      return [`${operation.number} review`];
    case 'issue.comment.update':
      return [`comment ${operation.comment}`];
    case 'issue.link':
      return [
        `link ${operation.relation} ${operation.child}${operation.relation === 'blocked_by' ? ` ${operation.parent}` : ''}`,
      ];
    case 'commit_status.create':
      return [`status ${operation.sha} ${operation.context.toLowerCase()}`];
    case 'project.item.add':
      return [`item ${operation.repo.toLowerCase()} ${operation.number}`];
    case 'project.draft_item.update':
      return operation.patch.map(({ path }) => `draft ${operation.item} ${path}`);
    case 'project.field.update':
      return [`field ${operation.item} ${operation.field.toLowerCase()}`];
    default:
      return [];
  }
}

function twice(operations: readonly Operation[]): [index: number, first: number][] {
  const seen = new Map<string, number>();
  return operations.flatMap((operation, index) => {
    const first = touches(operation).flatMap((one) => seen.get(one) ?? [])[0];
    for (const one of touches(operation)) if (!seen.has(one)) seen.set(one, index);
    return first === undefined ? [] : [[index, first] as [number, number]];
  });
}

export const targetOf = ({ repo, project }: Pick<ChangesetInput, 'repo' | 'project'>): Target =>
  repo === undefined ? { kind: 'project', project: project as string } : { kind: 'repo', repo };
