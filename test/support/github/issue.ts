import type { Account, App } from './accounts.ts';
import type { Branch } from './git.ts';
import type { Label, Repository } from './repository.ts';

/** Text that someone wrote below an issue or a pull request, or at a line of its diff. */
export interface Comment {
  id: number;
  body: string;
  author: Account;
  /** the app in whose name a token wrote it */
  via: App | undefined;
  createdAt: number;
  updatedAt: number;
}

export interface ReviewComment extends Comment {
  path: string;
  line: number | undefined;
  commitId: string;
  reviewId: number;
}

export interface Review {
  id: number;
  author: Account;
  body: string;
  state: 'PENDING' | 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED';
  commitId: string;
  submittedAt: number | undefined;
}

export interface IssueOptions {
  title: string;
  body?: string | null;
  /** who writes it (default: octocat, a person) */
  by?: string;
  labels?: readonly string[];
}

/** An issue, as people see and change it; a pull request is one too, with more. */
export class Issue {
  readonly id: number;
  readonly number: number;
  repository: Repository;
  readonly author: Account;
  readonly via: App | undefined;
  readonly createdAt: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed' = 'open';
  stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null = null;
  labels: Label[] = [];
  assignees: Account[] = [];
  readonly comments: Comment[] = [];
  isLocked = false;
  /** an administrator deleted it */
  isDeleted = false;
  updatedAt: number;
  closedAt: number | undefined;
  closedBy: Account | undefined;
  parent: Issue | undefined;
  readonly subIssues: Issue[] = [];
  readonly blockedBy: Issue[] = [];

  constructor(
    repository: Repository,
    { id, number, author, via, title, body }: Pick<Issue, 'id' | 'number' | 'author' | 'via' | 'title' | 'body'>,
  ) {
    this.repository = repository;
    this.id = id;
    this.number = number;
    this.author = author;
    this.via = via;
    this.title = title;
    this.body = body;
    this.createdAt = repository.site.now();
    this.updatedAt = this.createdAt;
  }

  /** Someone changes it; the clock says when. */
  edits({ title, body, labels }: { title?: string; body?: string | null; labels?: readonly string[] }): void {
    if (title !== undefined) this.title = title;
    if (body !== undefined) this.body = body;
    if (labels !== undefined) this.labels = labels.map((name) => this.repository.addLabel(name));
    this.touch();
  }

  comment(body: string, by?: string, via?: App): Comment {
    const now = this.repository.site.now();
    const author = this.repository.site.account(by ?? 'octocat');
    const comment = { id: this.repository.site.nextId(), body, author, via, createdAt: now, updatedAt: now };
    this.comments.push(comment);
    this.touch();
    return comment;
  }

  rewrites(comment: Comment, body: string): void {
    comment.body = body;
    comment.updatedAt = this.repository.site.now();
    this.touch();
  }

  removes(comment: Comment): void {
    this.comments.splice(this.comments.indexOf(comment), 1);
    this.touch();
  }

  close(by = 'octocat'): void {
    this.state = 'closed';
    this.stateReason = 'completed';
    this.closedAt = this.repository.site.now();
    this.closedBy = this.repository.site.account(by);
    this.touch();
  }

  reopen(): void {
    this.state = 'open';
    this.stateReason = 'reopened';
    this.closedAt = undefined;
    this.closedBy = undefined;
    this.touch();
  }

  /** Makes another issue a part of this one; it has one parent only. */
  adopt(child: Issue): void {
    const siblings = child.parent?.subIssues;
    siblings?.splice(siblings.indexOf(child), 1);
    child.parent = this;
    this.subIssues.push(child);
    this.touch();
  }

  touch(): void {
    this.updatedAt = this.repository.site.now();
  }

  /** the issues that wait for this one */
  get blocking(): Issue[] {
    return this.repository.site.allIssues().filter(({ blockedBy }) => blockedBy.includes(this));
  }
}

export interface PullOptions extends IssueOptions {
  head: string;
  base?: string;
  isDraft?: boolean;
}

/** A pull request; its head follows its branch while it is open. */
export class Pull extends Issue {
  readonly pullId: number;
  readonly headRef: string;
  baseRef: string;
  isDraft: boolean;
  requestedReviewers: Account[] = [];
  readonly reviews: Review[] = [];
  readonly reviewComments: ReviewComment[] = [];
  mergedAt: number | undefined;
  mergedBy: Account | undefined;
  mergeSha: string | undefined;
  #headSha: string;
  #baseSha: string;

  constructor(
    repository: Repository,
    { pullId, head, base, isDraft, ...issue }: PullParts & ConstructorParameters<typeof Issue>[1],
  ) {
    super(repository, issue);
    this.pullId = pullId;
    this.headRef = head.name;
    this.baseRef = base.name;
    this.isDraft = isDraft;
    this.#headSha = head.sha;
    this.#baseSha = base.sha;
  }

  get headSha(): string {
    const branch = this.state === 'open' ? this.repository.branches.get(this.headRef) : undefined;
    this.#headSha = branch?.sha ?? this.#headSha;
    return this.#headSha;
  }

  get baseSha(): string {
    const branch = this.state === 'open' ? this.repository.branches.get(this.baseRef) : undefined;
    this.#baseSha = branch?.sha ?? this.#baseSha;
    return this.#baseSha;
  }

  override close(by?: string): void {
    this.#headSha = this.headSha;
    this.#baseSha = this.baseSha;
    super.close(by);
  }

  /** A person merges it. */
  merge(by = 'octocat'): void {
    const { graph, branches, site } = this.repository;
    const base = branches.get(this.baseRef);
    if (base === undefined) throw new Error(`${this.baseRef} is gone`);
    const head = graph.get(this.headSha);
    const author = site.account(by);
    const message = `Merge pull request #${this.number} from ${this.repository.owner.login}/${this.headRef}`;
    const parents = [base.sha, head.sha];
    this.mergeSha = graph.add({ parents, message, author, at: site.now(), files: head.files }).sha;
    this.close(by);
    base.sha = this.mergeSha;
    this.mergedAt = site.now();
    this.mergedBy = author;
  }
}

interface PullParts {
  pullId: number;
  head: Branch;
  base: Branch;
  isDraft: boolean;
}
