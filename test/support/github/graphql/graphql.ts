import { demand, demandProject } from '../access.ts';
import type { Token } from '../accounts.ts';
import { GitHubError } from '../github-error.ts';
import { Pull } from '../issue.ts';
import type { ObjectKind } from '../journal.ts';
import type { Draft } from '../project.ts';
import { issuePage } from '../shapes/issues.ts';
import { instant, nodeId, type Urls } from '../shapes/urls.ts';
import type { Site } from '../site.ts';
import { checkBody, checkTitle } from '../text-limits.ts';
import { GraphqlSyntaxError, parseOperation, type Selection } from './parse.ts';

interface GraphqlContext {
  site: Site;
  urls: Urls;
  token: Token;
  changed(kind: ObjectKind, id: number, repository: string): void;
}

interface GraphqlFlaw {
  type?: string;
  path?: string[];
  message: string;
}

/** What GraphQL says, always with status 200, and what was asked that Gaia may not use. */
export interface GraphqlAnswer {
  body: { data: Record<string, unknown> | null; errors?: GraphqlFlaw[] };
  unmapped: string[];
}

type Mutation = (context: GraphqlContext, input: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** The mutations that Gaia may use, because REST has no way to do the same. */
const mutations: Readonly<Record<string, Mutation>> = {
  markPullRequestReadyForReview: (context, input) => {
    const { site, urls, token } = context;
    const pull = site
      .allIssues()
      .find((each) => each instanceof Pull && nodeId('PR', each.pullId) === input.pullRequestId) as Pull | undefined;
    if (pull === undefined) throw unresolved(input.pullRequestId);
    demand(token, pull.repository, [['pull_requests', 'write']]);
    if (pull.isDraft) {
      pull.isDraft = false;
      pull.touch();
      context.changed('pull', pull.pullId, pull.repository.fullName);
    }
    return { pullRequest: graphPull(urls, pull) };
  },
  updateProjectV2DraftIssue: (context, input) => {
    const { site, token } = context;
    for (const project of site.projects) {
      const item = project.items.find(
        ({ content }) => isDraft(content) && nodeId('DI', content.id) === input.draftIssueId,
      );
      if (item === undefined || !isDraft(item.content)) continue;
      demandProject(token, project, 'write');
      const draft = item.content;
      if (typeof input.title === 'string') draft.title = checkTitle('DraftIssue', input.title);
      if (typeof input.body === 'string') {
        checkBody('DraftIssue', input.body);
        draft.body = input.body;
      }
      draft.updatedAt = site.now();
      context.changed('draft_item', item.id, '');
      return { draftIssue: graphDraft(draft) };
    }
    throw unresolved(input.draftIssueId);
  },
};

const isDraft = (content: object): content is Draft => 'kind' in content && content.kind === 'draft';

const unresolved = (id: unknown): GitHubError =>
  new GitHubError(404, `Could not resolve to a node with the global id of '${String(id)}'`);

export function answerGraphql(
  context: GraphqlContext,
  { query, variables }: { query?: unknown; variables?: unknown },
): GraphqlAnswer {
  try {
    const operation = parseOperation(String(query ?? ''), (variables ?? {}) as Record<string, unknown>);
    const unmapped = operation.selections
      .filter(({ name }) => operation.kind !== 'mutation' || mutations[name] === undefined)
      .map(({ name }) => `GraphQL ${operation.kind} ${name}`);
    if (unmapped.length > 0) {
      const type = operation.kind === 'mutation' ? 'Mutation' : 'Query';
      const errors = operation.selections.map(({ name }) => ({
        message: `Field '${name}' doesn't exist on type '${type}'`,
      }));
      return { body: { data: null, errors }, unmapped };
    }
    return { body: carriedOut(context, operation.selections), unmapped };
  } catch (error) {
    if (!(error instanceof GraphqlSyntaxError)) throw error;
    return { body: { data: null, errors: [{ message: error.message }] }, unmapped: [`GraphQL: ${error.message}`] };
  }
}

function carriedOut(context: GraphqlContext, selections: readonly Selection[]): GraphqlAnswer['body'] {
  const data: Record<string, unknown> = {};
  const errors: GraphqlFlaw[] = [];
  for (const { name, alias, values, selections: wanted } of selections) {
    try {
      const input = (values.input ?? {}) as Record<string, unknown>;
      const result = mutations[name]?.(context, input);
      data[alias] = pick({ ...result, clientMutationId: input.clientMutationId ?? null }, wanted);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      const types: Record<number, string> = { 403: 'FORBIDDEN', 404: 'NOT_FOUND' };
      const message = [error.message, ...(error.flaws ?? []).map((flaw) => flaw.message ?? flaw.code)].join(': ');
      data[alias] = null;
      errors.push({ type: types[error.status] ?? 'UNPROCESSABLE', path: [alias], message });
    }
  }
  return errors.length > 0 ? { data, errors } : { data };
}

function pick(value: unknown, wanted: readonly Selection[]): unknown {
  if (wanted.length === 0 || value === null) return value;
  const held = value as Record<string, unknown>;
  return Object.fromEntries(
    wanted.map(({ name, alias, selections }) => {
      if (!(name in held)) throw new GraphqlSyntaxError(`Field '${name}' doesn't exist`);
      return [alias, pick(held[name], selections)];
    }),
  );
}

const graphPull = (urls: Urls, pull: Pull) => ({
  id: nodeId('PR', pull.pullId),
  fullDatabaseId: String(pull.pullId),
  number: pull.number,
  title: pull.title,
  body: pull.body ?? '',
  state: pull.mergedAt === undefined ? pull.state.toUpperCase() : 'MERGED',
  isDraft: pull.isDraft,
  url: issuePage(urls, pull),
  headRefName: pull.headRef,
  headRefOid: pull.headSha,
  baseRefName: pull.baseRef,
  updatedAt: instant(pull.updatedAt),
  author: { login: pull.author.login },
  repository: { nameWithOwner: pull.repository.fullName, databaseId: pull.repository.id },
});

const graphDraft = ({ id, title, body, createdAt, updatedAt }: Draft) => ({
  id: nodeId('DI', id),
  title,
  body: body ?? '',
  createdAt: instant(createdAt),
  updatedAt: instant(updatedAt),
});
