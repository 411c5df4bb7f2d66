import { z } from 'zod';
import type {
  Account,
  CommentSeen,
  IssueSeen,
  ItemSeen,
  OwnText,
  ProjectSeen,
  PullSeen,
  Transport,
  Write,
  WriteReply,
} from '../../actions/changes/port.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import type { Written } from '../../core/change/states.ts';
import { type Answered, Client, type ClientOptions } from './client.ts';
import { mutations } from './routes.ts';
import * as shapes from './shapes.ts';

/** Rows a page has at most, and pages that are read at most: a list that is longer is not judged by its beginning. */
const perPage = 100;
const mostPages = 50;
/** GitHub lists so many files and commits of a comparison. */
const mostFiles = 300;

type Place = { owner: string; repo: string };

/** GitHub itself. Looks may be repeated; `write` sends once, and what comes back is checked before it counts. */
export class Live implements Transport {
  readonly mode = 'live';
  readonly host: string;
  readonly #web: string;
  readonly #client: Client;
  readonly #isApp: boolean;
  #me: Promise<Account> | undefined;
  readonly #owners = new Map<string, { path: string; field: 'org' | 'username' }>();

  constructor(options: ClientOptions) {
    const { protocol, hostname, host } = new URL(options.apiUrl);
    this.host = hostname === 'api.github.com' ? 'github.com' : host;
    this.#web = `${protocol}//${this.host}`;
    this.#client = new Client(options);
    this.#isApp = 'appId' in options.credentials;
  }

  /** Asked once: an account does not change under a token. */
  me = (): Promise<Account> => {
    this.#me ??= this.#whoAmI().catch((error: unknown) => {
      this.#me = undefined;
      throw error;
    });
    return this.#me;
  };

  async #whoAmI(): Promise<Account> {
    if (!this.#isApp) return (await this.#client.look('GET /user', {}, shapes.user)).value;
    const { slug } = (await this.#client.look('GET /app', {}, shapes.app)).value;
    return (await this.#client.look('GET /users/{username}', { username: `${slug}[bot]` }, shapes.user)).value;
  }

  async repository(repo: string) {
    const { value } = await this.#client.look('GET /repos/{owner}/{repo}', placeOf(repo), shapes.repository);
    return { id: value.id, fullName: value.full_name, defaultBranch: value.default_branch, isArchived: value.archived };
  }

  async issue(repo: string, number: number): Promise<IssueSeen> {
    const { value } = await this.#client.look(
      'GET /repos/{owner}/{repo}/issues/{issue_number}',
      { ...placeOf(repo), issue_number: number },
      shapes.issue,
    );
    return issueSeen(value);
  }

  async pull(repo: string, number: number): Promise<PullSeen> {
    const { value } = await this.#client.look(
      'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      { ...placeOf(repo), pull_number: number },
      shapes.pull,
    );
    return pullSeen(value);
  }

  async pullsBetween(repo: string, head: string, base: string): Promise<PullSeen[]> {
    const place = placeOf(repo);
    const found = await this.#pages(
      'GET /repos/{owner}/{repo}/pulls',
      { ...place, state: 'all', head: `${place.owner}:${head}`, base, sort: 'created', direction: 'desc' },
      shapes.pull,
    );
    // the filter is not kept to for some forks
    return found
      .map(pullSeen)
      .filter(
        (pull) =>
          pull.head.ref === head && pull.base.ref === base && pull.head.repo?.toLowerCase() === repo.toLowerCase(),
      );
  }

  async comment(repo: string, id: number): Promise<CommentSeen> {
    const { value } = await this.#client.look(
      'GET /repos/{owner}/{repo}/issues/comments/{comment_id}',
      { ...placeOf(repo), comment_id: id },
      shapes.comment,
    );
    return commentSeen(value);
  }

  async branch(repo: string, name: string) {
    const found = await this.#client.find(
      'GET /repos/{owner}/{repo}/branches/{branch}',
      { ...placeOf(repo), branch: name },
      shapes.branch,
    );
    return found && { sha: found.commit.sha, isProtected: found.protected };
  }

  async compare(repo: string, base: string, head: string) {
    const { value } = await this.#client.look(
      'GET /repos/{owner}/{repo}/compare/{basehead}',
      { ...placeOf(repo), basehead: `${base}...${head}`, per_page: perPage },
      shapes.comparison,
    );
    return {
      messages: value.commits.map(({ commit }) => commit.message),
      files: value.files.flatMap(({ filename, previous_filename: before }) =>
        before === undefined ? [filename] : [filename, before],
      ),
      isCut: value.files.length >= mostFiles || value.total_commits > value.commits.length,
    };
  }

  async unknownLabels(repo: string, labels: readonly string[]): Promise<string[]> {
    const unknown: string[] = [];
    for (const name of labels)
      if (
        (await this.#client.find(
          'GET /repos/{owner}/{repo}/labels/{name}',
          { ...placeOf(repo), name },
          shapes.label,
        )) === undefined
      )
        unknown.push(name);
    return unknown;
  }

  async status(repo: string, sha: string, context: string) {
    const all = await this.#pages(
      'GET /repos/{owner}/{repo}/commits/{ref}/statuses',
      { ...placeOf(repo), ref: sha },
      shapes.status,
    );
    const newest = all.find((one) => one.context.toLowerCase() === context.toLowerCase());
    return (
      newest && {
        id: newest.id,
        state: newest.state,
        description: newest.description ?? null,
        url: `${this.#web}/${repo}/commit/${sha}`,
      }
    );
  }

  async parentOf(repo: string, number: number): Promise<number | undefined> {
    return (
      await this.#client.find(
        'GET /repos/{owner}/{repo}/issues/{issue_number}/parent',
        { ...placeOf(repo), issue_number: number },
        shapes.issue,
      )
    )?.number;
  }

  async blockersOf(repo: string, number: number): Promise<number[]> {
    const found = await this.#pages(
      'GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by',
      { ...placeOf(repo), issue_number: number },
      shapes.issue,
    );
    return found.map((issue) => issue.number);
  }

  async project(project: string): Promise<ProjectSeen> {
    const { path, place } = await this.#projectPlace(project);
    const { value } = await this.#client.look(`GET ${path}`, place, shapes.project);
    const fields = await this.#byCursor(`GET ${path}/fields`, place, shapes.field);
    return {
      id: value.id,
      title: value.title,
      fields: fields.map(({ id, name, data_type: type, options }) => ({
        id,
        name,
        type: type.toLowerCase(),
        options: options ?? [],
      })),
      url: this.#projectUrl(project),
    };
  }

  async item(project: string, id: number): Promise<ItemSeen> {
    const { path, place } = await this.#projectPlace(project);
    const { fields } = await this.project(project);
    const shown = fields.map((field) => field.id).join(',');
    const { value } = await this.#client.look(
      `GET ${path}/items/{item_id}`,
      { ...place, item_id: id, fields: shown },
      shapes.item,
    );
    return this.#itemSeen(project, value);
  }

  async itemFor(project: string, { repo, number }: { repo: string; number: number }): Promise<ItemSeen | undefined> {
    const found = (await this.#items(project)).find(
      ({ content }) => content?.number === number && content.repo.toLowerCase() === repo.toLowerCase(),
    );
    return found;
  }

  async ownIssues(repo: string, since: number): Promise<OwnText[]> {
    const me = await this.me();
    const isOld = ({ created_at: at }: shapes.IssueShape) => Date.parse(at) < since;
    const found = await this.#pages(
      'GET /repos/{owner}/{repo}/issues',
      { ...placeOf(repo), creator: me.login, state: 'all', sort: 'created', direction: 'desc' },
      shapes.issue,
      isOld,
    );
    return found
      .filter(({ user }) => user?.id === me.id)
      .map((issue) => ({ written: { id: issue.id, number: issue.number, url: issue.html_url }, text: issue.body }));
  }

  async ownComments(repo: string, number: number, since: number): Promise<OwnText[]> {
    const me = await this.me();
    const from = since > 0 ? { since: new Date(since).toISOString() } : {};
    const found = await this.#pages(
      'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      { ...placeOf(repo), issue_number: number, ...from },
      shapes.comment,
    );
    return found
      .filter(({ user }) => user?.id === me.id)
      .map((comment) => ({ written: { id: comment.id, number: null, url: comment.html_url }, text: comment.body }));
  }

  async ownDrafts(project: string): Promise<OwnText[]> {
    const me = await this.me();
    return (await this.#items(project))
      .filter(({ content, author }) => content === null && author?.id === me.id)
      .map(({ id, url, body }) => ({ written: { id, number: null, url }, text: body }));
  }

  write = (write: Write): Promise<WriteReply> =>
    write.op.startsWith('project.') ? this.#inProject(write) : this.#inRepo(write);

  async #inRepo(write: Write): Promise<WriteReply> {
    const place = placeOf(write.target);
    const send = <Schema extends z.ZodType>(
      route: string,
      at: Record<string, unknown>,
      body: Record<string, unknown>,
      shape: Schema,
    ) => this.#client.write(write.op, route, { ...place, ...at }, body, shape);
    switch (write.op) {
      case 'issue.create': {
        const { title, body, labels } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues',
          {},
          { title, body, ...(labels.length > 0 && { labels }) },
          shapes.issue,
        );
        // without the right to it GitHub drops labels without a word
        const there = issueSeen(answered.value).labels.map((label) => label.toLowerCase());
        this.#must(
          labels.every((label) => there.includes(label.toLowerCase())),
          answered,
          'does not have the labels',
        );
        return this.#issueReply(write.target, answered, { title });
      }
      case 'issue.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
          { issue_number: write.number },
          textsOf(write),
          shapes.issue,
        );
        return this.#issueReply(write.target, answered, { number: write.number });
      }
      case 'pr.create': {
        const { title, body, head, base, headSha } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/pulls',
          {},
          { title, body, head, base, draft: true },
          shapes.pull,
        );
        const { head: there, base: onto, draft } = answered.value;
        this.#must(
          there.ref === head && onto.ref === base && draft && (headSha === '' || there.sha === headSha),
          answered,
          'is about other branches or commits',
        );
        return this.#pullReply(write.target, answered);
      }
      case 'pr.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
          { pull_number: write.number },
          textsOf(write),
          shapes.pull,
        );
        return this.#pullReply(write.target, answered, write.number);
      }
      case 'pr.ready_for_review': {
        const answered = await send(
          'POST /graphql',
          {},
          { query: mutations[write.op], variables: { id: write.nodeId } },
          shapes.readyForReview,
        );
        const { number } = answered.value.data.markPullRequestReadyForReview.pullRequest;
        this.#must(number === write.number, answered, 'is about another pull request');
        return reply(answered, { id: null, number, url: `${this.#web}/${write.target}/pull/${number}` });
      }
      case 'pr.request_reviewers': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers',
          { pull_number: write.number },
          { reviewers: write.reviewers },
          shapes.pull,
        );
        const there = (answered.value.requested_reviewers ?? []).map(({ login }) => login.toLowerCase());
        this.#must(
          write.reviewers.every((login) => there.includes(login.toLowerCase())),
          answered,
          'does not have the reviewers',
        );
        return this.#pullReply(write.target, answered, write.number);
      }
      case 'issue.comment.create':
      case 'review_comment.create': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
          { issue_number: write.number },
          { body: write.body },
          shapes.comment,
        );
        return this.#commentReply(write.target, answered, write.number);
      }
      case 'issue.comment.update':
      case 'review_comment.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
          { comment_id: write.comment },
          { body: write.body },
          shapes.comment,
        );
        this.#must(answered.value.id === write.comment, answered, 'is about another comment');
        return this.#commentReply(write.target, answered);
      }
      case 'issue.label.add': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
          { issue_number: write.number },
          { labels: write.labels },
          shapes.labels,
        );
        const there = answered.value.map(({ name }) => name.toLowerCase());
        this.#must(
          write.labels.every((label) => there.includes(label.toLowerCase())),
          answered,
          'does not have the labels',
        );
        return reply(answered, {
          id: null,
          number: write.number,
          url: `${this.#web}/${write.target}/issues/${write.number}`,
        });
      }
      case 'issue.label.remove':
        return this.#removeLabels(write.target, write.number, write.labels);
      case 'issue.assign': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees',
          { issue_number: write.number },
          { assignees: write.assignees },
          shapes.issue,
        );
        const there = (answered.value.assignees ?? []).map(({ login }) => login.toLowerCase());
        // without the right to it GitHub drops assignees without a word
        this.#must(
          write.assignees.every((login) => there.includes(login.toLowerCase())),
          answered,
          'does not have the assignees',
        );
        return this.#issueReply(write.target, answered, { number: write.number });
      }
      case 'issue.link': {
        const { relation, parent, child, parentId, childId, replaceParent } = write;
        const answered =
          relation === 'sub_issue'
            ? await send(
                'POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues',
                { issue_number: parent },
                { sub_issue_id: childId, ...(replaceParent && { replace_parent: true }) },
                shapes.issue,
              )
            : await send(
                'POST /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by',
                { issue_number: child },
                { issue_id: parentId },
                shapes.issue,
              );
        return reply(answered, { id: childId, number: child, url: `${this.#web}/${write.target}/issues/${child}` });
      }
      case 'commit_status.create': {
        const { sha, context, state, description } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/statuses/{sha}',
          { sha },
          { state, context, ...(description !== undefined && { description }) },
          shapes.status,
        );
        this.#must(
          answered.value.state === state && answered.value.context.toLowerCase() === context.toLowerCase(),
          answered,
          'is another status',
        );
        return reply(answered, {
          id: answered.value.id,
          number: null,
          url: `${this.#web}/${write.target}/commit/${sha}`,
        });
      }
      default:
        throw new RemoteFailure({
          code: 'route_unmapped',
          message: `${write.op} is not mapped.`,
          status: null,
          requestId: null,
        });
    }
  }

  /** One call a label: there is no call that takes several away and leaves the others. */
  async #removeLabels(repo: string, number: number, labels: readonly string[]): Promise<WriteReply> {
    let last: Answered<unknown> | undefined;
    for (const name of labels)
      last = await this.#client.write(
        'issue.label.remove',
        'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}',
        { ...placeOf(repo), issue_number: number, name },
        {},
        shapes.labels,
      );
    return reply(last ?? { value: undefined, status: 200, headers: {} }, {
      id: null,
      number,
      url: `${this.#web}/${repo}/issues/${number}`,
    });
  }

  async #inProject(write: Write): Promise<WriteReply> {
    const { path, place, userId } = await this.#projectPlace(write.target);
    const made = (answered: Answered<{ id: number }>): WriteReply =>
      reply(answered, { id: answered.value.id, number: null, url: this.#projectUrl(write.target) });
    switch (write.op) {
      case 'project.item.add': {
        const body = { type: write.isPull ? 'PullRequest' : 'Issue', id: write.contentId };
        return made(await this.#client.write(write.op, `POST ${path}/items`, place, body, shapes.item));
      }
      case 'project.draft_item.create': {
        const [route, at] =
          userId === undefined
            ? [`POST ${path}/drafts`, place]
            : [
                'POST /user/{user_id}/projectsV2/{project_number}/drafts',
                { user_id: userId, project_number: place.project_number },
              ];
        return made(
          await this.#client.write(write.op, route, at, { title: write.title, body: write.body }, shapes.item),
        );
      }
      case 'project.field.update': {
        const body = { fields: [{ id: write.fieldId, value: write.value }] };
        return made(
          await this.#client.write(
            write.op,
            `PATCH ${path}/items/{item_id}`,
            { ...place, item_id: write.item },
            body,
            shapes.item,
          ),
        );
      }
      case 'project.draft_item.update': {
        const variables = { id: write.draftNodeId, title: write.title ?? null, body: write.body ?? null };
        const answered = await this.#client.write(
          write.op,
          'POST /graphql',
          {},
          { query: mutations[write.op], variables },
          shapes.draftUpdated,
        );
        return reply(answered, { id: write.item, number: null, url: this.#projectUrl(write.target) });
      }
      default:
        throw new RemoteFailure({
          code: 'route_unmapped',
          message: `${write.op} is not mapped.`,
          status: null,
          requestId: null,
        });
    }
  }

  /** Every page of a list; `isPast` tells that the rest of it is of no interest. Links are not followed: they may lead anywhere. */
  async #pages<Row>(
    route: string,
    parameters: Record<string, unknown>,
    row: z.ZodType<Row>,
    isPast: (row: Row) => boolean = () => false,
  ): Promise<Row[]> {
    const all: Row[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const { value } = await this.#client.look(route, { ...parameters, per_page: perPage, page }, z.array(row));
      all.push(...value.filter((one) => !isPast(one)));
      if (value.length < perPage || value.some(isPast)) return all;
    }
    throw tooLong(route);
  }

  async #items(project: string): Promise<ItemSeen[]> {
    const { path, place } = await this.#projectPlace(project);
    return (await this.#byCursor(`GET ${path}/items`, place, shapes.item)).map((item) => this.#itemSeen(project, item));
  }

  /** What Projects list comes by a cursor, which stands in the link to the next page; only the cursor is taken from it. */
  async #byCursor<Row>(route: string, place: Record<string, unknown>, row: z.ZodType<Row>): Promise<Row[]> {
    const all: Row[] = [];
    let after: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const { value, headers } = await this.#client.look(
        route,
        { ...place, per_page: perPage, ...(after && { after }) },
        z.array(row),
      );
      all.push(...value);
      const link = /<([^>]+)>;\s*rel="next"/.exec(String(headers.link ?? ''))?.[1];
      after = link === undefined ? undefined : (new URL(link).searchParams.get('after') ?? undefined);
      if (after === undefined) return all;
    }
    throw tooLong(route);
  }

  /** Projects of organisations and of people stand in different places. */
  async #projectPlace(project: string): Promise<{
    path: string;
    place: Record<string, unknown> & { project_number: number };
    userId: number | undefined;
  }> {
    const [owner = '', number = ''] = project.split('/');
    const key = owner.toLowerCase();
    const projectNumber = Number(number);
    let kind = this.#owners.get(key);
    if (kind === undefined) {
      const ofOrg = await this.#client.find(
        'GET /orgs/{org}/projectsV2/{project_number}',
        { org: owner, project_number: projectNumber },
        shapes.project,
      );
      kind = ofOrg
        ? { path: '/orgs/{org}/projectsV2/{project_number}', field: 'org' }
        : { path: '/users/{username}/projectsV2/{project_number}', field: 'username' };
      this.#owners.set(key, kind);
    }
    const place = { [kind.field]: owner, project_number: projectNumber };
    const userId =
      kind.field === 'username'
        ? (await this.#client.look('GET /users/{username}', { username: owner }, shapes.user)).value.id
        : undefined;
    return { path: kind.path, place, userId };
  }

  #projectUrl(project: string): string {
    const [owner = '', number = ''] = project.split('/');
    const kind = this.#owners.get(owner.toLowerCase())?.field === 'username' ? 'users' : 'orgs';
    return `${this.#web}/${kind}/${owner}/projects/${number}`;
  }

  #itemSeen(project: string, item: shapes.ItemShape): ItemSeen {
    const { content } = item;
    const [, repo, number] = /\/repos\/([^/]+\/[^/]+)\/(?:issues|pulls)\/(\d+)$/.exec(content?.url ?? '') ?? [];
    const isDraft = item.content_type === 'DraftIssue';
    return {
      id: item.id,
      draftNodeId: isDraft ? (content?.node_id ?? null) : null,
      isArchived: item.archived_at != null,
      title: content?.title ?? '',
      body: content?.body ?? '',
      content: repo && number ? { repo, number: Number(number) } : null,
      author: item.creator ?? null,
      values: Object.fromEntries((item.fields ?? []).map(({ name, value }) => [name, readable(value)])),
      updatedAt: item.updated_at,
      url: this.#projectUrl(project),
    };
  }

  #issueReply(
    repo: string,
    answered: Answered<shapes.IssueShape>,
    wanted: { number?: number; title?: string },
  ): WriteReply {
    const { id, number, title, html_url: url } = answered.value;
    this.#must(
      (wanted.number ?? number) === number && (wanted.title ?? title) === title,
      answered,
      'is about another issue',
    );
    this.#must(this.#isUrl(url, repo, ['issues', 'pull'], number), answered, 'has another address');
    return reply(answered, { id, number, url });
  }

  #pullReply(repo: string, answered: Answered<shapes.PullShape>, wanted?: number): WriteReply {
    const { id, number, html_url: url } = answered.value;
    this.#must(
      (wanted ?? number) === number && this.#isUrl(url, repo, ['pull'], number),
      answered,
      'is about another pull request',
    );
    return reply(answered, { id, number, url });
  }

  #commentReply(repo: string, answered: Answered<shapes.CommentShape>, on?: number): WriteReply {
    const { id, html_url: url, issue_url: issue } = answered.value;
    const number = Number(/\/issues\/(\d+)$/.exec(issue)?.[1]);
    const isThere = this.#isUrl(url.replace(/#.*$/, ''), repo, ['issues', 'pull'], number) && (on ?? number) === number;
    this.#must(isThere, answered, 'is about another issue');
    return reply(answered, { id, number: null, url });
  }

  /** Exactly this host, repository and number. */
  #isUrl(url: string, repo: string, kinds: readonly string[], number: number): boolean {
    return kinds.some((kind) => url.toLowerCase() === `${this.#web}/${repo}/${kind}/${number}`.toLowerCase());
  }

  #must(holds: boolean, { status, headers }: Answered<unknown>, what: string): void {
    if (holds) return;
    throw new RemoteFailure({
      code: 'remote_mismatch',
      message: `GitHub's answer ${what} than asked for.`,
      status,
      requestId: String(headers['x-github-request-id'] ?? '') || null,
    });
  }
}

const tooLong = (route: string) =>
  new RemoteFailure({
    code: 'remote_ambiguous',
    message: `${route} has more than ${mostPages} pages.`,
    status: null,
    requestId: null,
  });

const placeOf = (repo: string): Place => {
  const [owner = '', name = ''] = repo.split('/');
  return { owner, repo: name };
};

const textsOf = ({ title, body }: { title?: string; body?: string }) => ({
  ...(title !== undefined && { title }),
  ...(body !== undefined && { body }),
});

const reply = ({ status, headers }: Answered<unknown>, written: Written): WriteReply => ({
  written,
  status,
  requestId: headers['x-github-request-id'] === undefined ? null : String(headers['x-github-request-id']),
});

const issueSeen = (issue: shapes.IssueShape): IssueSeen => ({
  id: issue.id,
  number: issue.number,
  title: issue.title,
  body: issue.body,
  state: issue.state,
  isLocked: issue.locked,
  isPull: issue.pull_request !== undefined && issue.pull_request !== null,
  labels: issue.labels.flatMap((label) => (typeof label === 'string' ? [label] : (label.name ?? []))),
  assignees: (issue.assignees ?? []).map(({ login }) => login),
  author: issue.user ?? null,
  updatedAt: issue.updated_at,
  url: issue.html_url,
});

const pullSeen = (pull: shapes.PullShape): PullSeen => ({
  id: pull.id,
  nodeId: pull.node_id,
  number: pull.number,
  title: pull.title,
  body: pull.body,
  state: pull.state,
  isDraft: pull.draft,
  head: { ref: pull.head.ref, sha: pull.head.sha, repo: pull.head.repo?.full_name ?? null },
  base: { ref: pull.base.ref },
  reviewers: (pull.requested_reviewers ?? []).map(({ login }) => login),
  author: pull.user ?? null,
  updatedAt: pull.updated_at,
  url: pull.html_url,
});

const commentSeen = (comment: shapes.CommentShape): CommentSeen => ({
  id: comment.id,
  issue: Number(/\/issues\/(\d+)$/.exec(comment.issue_url)?.[1] ?? 0),
  body: comment.body,
  author: comment.user ?? null,
  updatedAt: comment.updated_at,
  url: comment.html_url,
});

/** A value of a field as people read it. */
function readable(value: unknown): string | number | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (value === null || typeof value !== 'object') return null;
  const { raw, name } = value as { raw?: unknown; name?: unknown };
  return typeof raw === 'string' ? raw : readable(name ?? null);
}
