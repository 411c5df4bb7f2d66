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
import { webHostOf, webUrlOf } from '../web.ts';
import { Client, type ClientOptions } from './client.ts';
import { pages, perPage, placeOf } from './pages.ts';
import { Projects } from './projects.ts';
import { RepositoryWrites } from './repository-writes.ts';
import { commentSeen, issueSeen, pullSeen } from './seen.ts';
import * as shapes from './shapes.ts';

/** GitHub lists so many files and commits of a comparison. */
const mostFiles = 300;

/** GitHub itself. Looks may be repeated; `write` sends once, and what comes back is checked before it counts. */
export class Live implements Transport {
  readonly mode = 'live';
  readonly host: string;
  readonly #web: string;
  readonly #client: Client;
  readonly #isApp: boolean;
  #me: Promise<Account> | undefined;
  readonly #projects: Projects;
  readonly #writes: RepositoryWrites;

  constructor(options: ClientOptions) {
    this.host = webHostOf(options.apiUrl);
    this.#web = webUrlOf(options.apiUrl);
    this.#client = new Client(options);
    this.#projects = new Projects(this.#client, this.#web);
    this.#writes = new RepositoryWrites(this.#client, this.#web);
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
    const found = await pages(
      this.#client,
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
    const all = await pages(
      this.#client,
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
    const found = await pages(
      this.#client,
      'GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by',
      { ...placeOf(repo), issue_number: number },
      shapes.issue,
    );
    return found.map((issue) => issue.number);
  }

  project = (project: string): Promise<ProjectSeen> => this.#projects.project(project);
  item = (project: string, id: number): Promise<ItemSeen> => this.#projects.item(project, id);
  itemFor = (project: string, content: { repo: string; number: number }): Promise<ItemSeen | undefined> =>
    this.#projects.itemFor(project, content);
  ownDrafts = async (project: string): Promise<OwnText[]> => this.#projects.draftsBy((await this.me()).id, project);

  async ownIssues(repo: string, since: number): Promise<OwnText[]> {
    const me = await this.me();
    const isOld = ({ created_at: at }: shapes.IssueShape) => Date.parse(at) < since;
    const found = await pages(
      this.#client,
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
    const found = await pages(
      this.#client,
      'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
      { ...placeOf(repo), issue_number: number, ...from },
      shapes.comment,
    );
    return found
      .filter(({ user }) => user?.id === me.id)
      .map((comment) => ({ written: { id: comment.id, number: null, url: comment.html_url }, text: comment.body }));
  }

  write = (write: Write): Promise<WriteReply> =>
    write.op.startsWith('project.') ? this.#projects.write(write) : this.#writes.write(write);
}
