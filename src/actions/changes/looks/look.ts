import type { Blocker } from '../../../core/approval/blocker.ts';
import type { Json } from '../../../core/canonical.ts';
import { type BlockerCode, blocker, type More, type Where } from '../../../core/change/blockers.ts';
import type { Change } from '../../../core/change/changeset.ts';
import type { Guarded } from '../../../core/change/content/guards.ts';
import type { Allowed } from '../../../core/change/content/markdown.ts';
import { bodyHashOf, marksIn, type Place, withoutMarks } from '../../../core/change/marker.ts';
import type { Operation, OperationOf } from '../../../core/change/operations.ts';
import type { ProjectRules, RepoRules, RulesFor } from '../../../core/change/rules.ts';
import type { GateFacts } from '../../../core/change/run.ts';
import type { Written } from '../../../core/change/states.ts';
import type { Target } from '../../../core/change/target.ts';
import type { Account, GitHubSide, OwnText, Write } from '../port.ts';

/** What a look at one operation starts from. */
export interface LookContext {
  side: GitHubSide;
  target: Target;
  rules: RulesFor;
  allowed: Allowed;
  run: GateFacts | undefined;
  where: Where;
  me: Account;
  /** an earlier operation of the same changeset was written, so what changes with every write has changed */
  afterOwnWrites: boolean;
}

/** One operation, held against what is there now. */
export interface Looked {
  on: string;
  url: string | null;
  input: Operation;
  seen: { [name: string]: Json };
  changes: Change[];
  inverse: Operation | null;
  guarded: string[];
  blockers: Blocker[];
  /** what it would lead to is there already */
  unchanged: Written | undefined;
  /** what would be sent now; undefined while it rests on an earlier operation that is not done */
  write: ((marker: string) => Write) | undefined;
  /** what an earlier send of this very write has left there, by its mark; absent for what only leads to a state */
  traces?: (key: string, since: number) => Promise<Written[]>;
}

/**
 * Every text of an operation that would go out: what it says, what people are shown of it, and the write itself as far as it
 * can be made already. No operation has to think of it.
 */
export const textsThatGoOut = ({ input, changes, write }: Looked): string[] => {
  return [
    ...textsOf(input),
    ...changes.flatMap((change) => (change.kind === 'set' ? change.added : [change.after])),
    ...textsOf(write?.('')),
  ];
};

const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
};

/** Whether something is named by what an earlier operation makes. */
export const isRef = (value: number | string): value is string => typeof value === 'string';

export const written = (of: Partial<Written>): Written => ({ id: null, number: null, url: null, ...of });

/** An operation on something that an earlier one makes: nothing is there yet to be looked at. */
export const resting = (
  input: Operation,
  what: string,
  on: string,
  changes: Change[],
  guarded: readonly Guarded[] = [],
): Looked => ({
  on: `${what} that ${on} makes`,
  url: null,
  input,
  seen: {},
  changes,
  inverse: null,
  guarded: guarded.flatMap(({ changed }) => changed),
  blockers: guarded.flatMap(({ blockers }) => blockers),
  unchanged: undefined,
  write: undefined,
});

export const repoOf = ({ target }: LookContext): string => (target.kind === 'repo' ? target.repo : '');
export const projectOf = ({ target }: LookContext): string => (target.kind === 'project' ? target.project : '');

const none: Omit<RepoRules, 'repo'> & Omit<ProjectRules, 'project'> = {
  operations: [],
  gated: [],
  bases: [],
  heads: [],
  protectedHeads: [],
  titlePrefix: '',
  labels: [],
  reviewers: [],
  assignees: [],
  contexts: [],
  mentions: [],
  protectedPaths: [],
  fields: [],
};

/** The rules of a repository; without any nothing is listed. */
export const repoRules = ({ rules }: LookContext): Omit<RepoRules, 'repo'> =>
  rules && 'repo' in rules ? rules.repo : none;
export const projectRules = ({ rules }: LookContext): Omit<ProjectRules, 'project'> =>
  rules && 'project' in rules ? rules.project : none;

export const problem = ({ where }: LookContext, code: BlockerCode, message: string, more: More = {}): Blocker =>
  blocker(code, message, where, more);

/** A title as it goes out, with the prefix that the policy asks for. */
export async function titleOf(context: LookContext, title: string): Promise<Guarded> {
  const guarded = await context.side.texts.title(title, context.where);
  const { titlePrefix } = repoRules(context);
  if (titlePrefix !== '' && !guarded.text.startsWith(titlePrefix))
    guarded.blockers.push(problem(context, 'payload_invalid', `Its title must begin with “${titlePrefix}”.`));
  return guarded;
}

export const bodyOf = (context: LookContext, body: string): Promise<Guarded> =>
  context.side.texts.body(body, context.allowed, context.where);

export const replaced = (patch: OperationOf<'issue.update'>['patch'], path: '/title' | '/body'): string | undefined =>
  patch.find((one) => one.path === path)?.value;

/** What the agent says it started from, held against what is there. */
export function baseBlockers(
  context: LookContext,
  base: { bodyHash?: string | undefined; updatedAt?: string | undefined } | undefined,
  now: { bodies: readonly string[]; updatedAt: string },
): Blocker[] {
  const blockers: Blocker[] = [];
  if (base?.bodyHash !== undefined && !now.bodies.some((body) => bodyHashOf(body) === base.bodyHash))
    blockers.push(
      problem(context, 'remote_changed', 'Its text is not the one this change was made from.', { phase: 'submit' }),
    );
  if (
    base?.updatedAt !== undefined &&
    !context.afterOwnWrites &&
    Date.parse(base.updatedAt) !== Date.parse(now.updatedAt)
  )
    blockers.push(
      problem(context, 'remote_changed', `It was changed at ${now.updatedAt}, after what this change was made from.`, {
        phase: 'submit',
      }),
    );
  return blockers;
}

/** Every text among these that carries the mark of this very write. */
export const marked = ({ side, target }: LookContext, own: readonly OwnText[], key: string): Written[] =>
  own.filter(({ text }) => hasMark({ side, target }, text, key)).map(({ written }) => written);

export const hasMark = ({ side, target }: Pick<LookContext, 'side' | 'target'>, text: string, key: string): boolean =>
  marksIn(side.markerSecret, placeOf(side, target), text).some(({ op }) => key.startsWith(op));

/** What is written there, and the marks below it that are Gaia's own: signed for this place, in what its account has written. */
export function apartFromMarks(
  { side, target, me }: LookContext,
  { body, author }: { body: string; author: Account | null },
): { plain: string; marks: string[] } {
  const marks =
    author?.id === me.id ? marksIn(side.markerSecret, placeOf(side, target), body).map(({ marker }) => marker) : [];
  return { plain: withoutMarks(body, marks), marks };
}

export const placeOf = ({ transport }: GitHubSide, target: Target): Place => ({
  host: transport.host,
  target: target.kind === 'repo' ? target.repo : target.project,
});

export const textChange = (field: string, before: string | null, after: string): Change[] =>
  before === after ? [] : [{ field, kind: 'text', before, after }];

export const setChange = (
  field: string,
  { added = [], removed = [], kept = [] }: { added?: string[]; removed?: string[]; kept?: string[] },
): Change => ({
  field,
  kind: 'set',
  kept: [...kept].sort(),
  added: [...added].sort(),
  removed: [...removed].sort(),
});

export const among = (name: string, names: readonly string[]): boolean =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());
