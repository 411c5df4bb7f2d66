import type { Account, App } from './accounts.ts';
import { type Branch, type Commit, CommitGraph } from './git.ts';
import { Issue, type IssueOptions, Pull, type PullOptions } from './issue.ts';
import type { Site } from './site.ts';

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Status {
  id: number;
  sha: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  context: string;
  description: string | null;
  targetUrl: string | null;
  creator: Account;
  createdAt: number;
}

export type Role = 'read' | 'triage' | 'write' | 'admin';

export interface RepositoryOptions {
  isPrivate?: boolean;
  /** names; they exist from the start */
  labels?: readonly string[];
  /** on `main`, in its first commit */
  files?: Readonly<Record<string, string>>;
  /** by login (default: gaia-bot and octocat may write) */
  roles?: Readonly<Record<string, Role>>;
}

export interface CommitOptions {
  message?: string;
  by?: string;
  /** the branch a new one starts from (default: main) */
  from?: string;
  /** paths that go away */
  removes?: readonly string[];
}

/** A repository, as people with git and a browser use it. */
export class Repository {
  readonly site: Site;
  readonly id: number;
  owner: Account;
  name: string;
  readonly isPrivate: boolean;
  readonly createdAt: number;
  readonly graph = new CommitGraph();
  readonly branches = new Map<string, Branch>();
  readonly labels: Label[] = [];
  /** issues and pull requests, by number */
  readonly items: Issue[] = [];
  readonly statuses: Status[] = [];
  readonly roles: Map<string, Role>;
  readonly defaultBranch = 'main';
  isArchived = false;
  isRemoved = false;
  hasIssues = true;
  pushedAt: number;

  constructor(site: Site, owner: Account, name: string, options: RepositoryOptions = {}) {
    this.site = site;
    this.id = site.nextId();
    this.owner = owner;
    this.name = name;
    this.isPrivate = options.isPrivate ?? true;
    this.createdAt = site.now();
    this.pushedAt = site.now();
    this.roles = new Map(Object.entries(options.roles ?? { 'gaia-bot': 'write', octocat: 'write' }));
    for (const label of options.labels ?? []) this.addLabel(label);
    const files = new Map(Object.entries(options.files ?? { 'README.md': `# ${name}\n` }));
    const author = site.account('octocat');
    const first = this.graph.add({ parents: [], message: 'First commit', author, at: site.now(), files });
    this.branches.set('main', { name: 'main', sha: first.sha, isProtected: true });
  }

  get fullName(): string {
    return `${this.owner.login}/${this.name}`;
  }

  get issues(): Issue[] {
    return this.items.filter((each) => !(each instanceof Pull));
  }

  get pulls(): Pull[] {
    return this.items.filter((each) => each instanceof Pull);
  }

  issue(number: number): Issue {
    const found = this.items.find((each) => each.number === number);
    if (found === undefined) throw new Error(`${this.fullName} has no issue ${number}`);
    return found;
  }

  pull(number: number): Pull {
    const found = this.issue(number);
    if (found instanceof Pull) return found;
    throw new Error(`${this.fullName}#${number} is no pull request`);
  }

  branch(name: string): Branch {
    const branch = this.branches.get(name);
    if (branch === undefined) throw new Error(`${this.fullName} has no branch ${name}`);
    return branch;
  }

  /** Pushes one commit; the branch is made from `from` where there is none. */
  commit(branch: string, files: Readonly<Record<string, string>>, options: CommitOptions = {}): Commit {
    const {
      message = `Change ${Object.keys(files).join(', ')}`,
      by = 'octocat',
      from = 'main',
      removes = [],
    } = options;
    const parent = this.graph.get((this.branches.get(branch) ?? this.branch(from)).sha);
    const tree = new Map([...parent.files, ...Object.entries(files)].filter(([path]) => !removes.includes(path)));
    const author = this.site.account(by);
    const commit = this.graph.add({ parents: [parent.sha], message, author, at: this.site.now(), files: tree });
    this.setBranch(branch, commit.sha);
    return commit;
  }

  /** Points a branch at a commit, as a (forced) push does. */
  setBranch(name: string, sha: string): Branch {
    const branch = this.branches.get(name) ?? { name, sha, isProtected: false };
    branch.sha = this.graph.get(sha).sha;
    this.branches.set(name, branch);
    this.pushedAt = this.site.now();
    return branch;
  }

  protect(name: string): void {
    this.branch(name).isProtected = true;
  }

  /** GitHub closes what was to be merged from it. */
  removeBranch(name: string): void {
    const branch = this.branch(name);
    for (const pull of this.pulls) {
      if (pull.headRef === name && pull.state === 'open') pull.close();
    }
    this.branches.delete(branch.name);
  }

  addIssue({ title, body = null, by = 'octocat', labels = [] }: IssueOptions, via?: App): Issue {
    const author = this.site.account(by);
    const issue = new Issue(this, { id: this.site.nextId(), number: this.#nextNumber(), author, via, title, body });
    issue.labels = labels.map((name) => this.addLabel(name));
    this.items.push(issue);
    return issue;
  }

  addPull(options: PullOptions, via?: App): Pull {
    const { title, body = null, by = 'octocat', head, base = 'main', isDraft = false } = options;
    const pull = new Pull(this, {
      id: this.site.nextId(),
      pullId: this.site.nextId(),
      number: this.#nextNumber(),
      author: this.site.account(by),
      via,
      title,
      body,
      head: this.branch(head),
      base: this.branch(base),
      isDraft,
    });
    pull.labels = (options.labels ?? []).map((name) => this.addLabel(name));
    this.items.push(pull);
    return pull;
  }

  findLabel = (name: string): Label | undefined =>
    this.labels.find((each) => each.name.toLowerCase() === name.toLowerCase());

  /** The label of this name, made where there is none. */
  addLabel(name: string): Label {
    const found = this.findLabel(name);
    if (found !== undefined) return found;
    const label = { id: this.site.nextId(), name, color: 'ededed', description: null };
    this.labels.push(label);
    return label;
  }

  /** Everything under the old name leads here from now on. */
  rename(name: string): void {
    this.site.leaveForwarding(this);
    this.name = name;
  }

  transfer(owner: string): void {
    this.site.leaveForwarding(this);
    this.owner = this.site.account(owner);
  }

  roleOf(account: Account): Role | undefined {
    return this.owner === account ? 'admin' : this.roles.get(account.login);
  }

  mayPush(account: Account): boolean {
    const role = this.roleOf(account);
    return role === 'write' || role === 'admin';
  }

  #nextNumber = (): number => this.items.length + 1;
}
