import {
  type Account,
  type AccountKind,
  type App,
  appKeys,
  gaiaRights,
  type Installation,
  type Rights,
  type Token,
  type TokenOptions,
} from './accounts.ts';
import type { Issue } from './issue.ts';
import { Project, type ProjectOptions } from './project.ts';
import { Repository, type RepositoryOptions } from './repository.ts';

/** Milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

export interface InstallationOptions {
  /** the account it is installed on (default: octo) */
  on?: string;
  rights?: Rights;
  /** full names (default: all of the account) */
  repositories?: readonly string[];
}

/** Everything GitHub knows, without any transport. */
export class Site {
  readonly clock: Clock;
  readonly accounts: Account[] = [];
  readonly repositories: Repository[] = [];
  readonly projects: Project[] = [];
  readonly tokens: Token[] = [];
  readonly apps: App[] = [];
  readonly installations: Installation[] = [];
  /** where names that repositories had lead to, in lower case */
  readonly #forwarding = new Map<string, Repository>();
  /** ids are never issue numbers, so that one taken for the other is noticed */
  #lastId = 70_000_000;

  constructor(clock: Clock) {
    this.clock = clock;
    this.addAccount('octo', 'Organization');
    this.addAccount('octocat');
    this.addAccount('gaia-bot');
  }

  now = (): number => Math.floor(this.clock.now() / 1_000) * 1_000;
  nextId = (): number => ++this.#lastId;

  addAccount(login: string, kind: AccountKind = 'User'): Account {
    if (this.findAccount(login)) throw new Error(`there is already an account ${login}`);
    const account = { id: this.nextId(), login, kind, createdAt: this.now() };
    this.accounts.push(account);
    return account;
  }

  findAccount = (login: string): Account | undefined =>
    this.accounts.find((each) => each.login.toLowerCase() === login.toLowerCase());

  /** The account of this login; a person is made where there is none. */
  account = (login: string): Account => this.findAccount(login) ?? this.addAccount(login);

  addRepository(fullName: string, options?: RepositoryOptions): Repository {
    const [owner = '', name = ''] = fullName.split('/');
    const repository = new Repository(this, this.account(owner), name, options);
    this.repositories.push(repository);
    return repository;
  }

  /** By its name of today. */
  findRepository = (fullName: string): Repository | undefined =>
    this.repositories.find((each) => !each.isRemoved && each.fullName.toLowerCase() === fullName.toLowerCase());

  findById = (id: number): Repository | undefined =>
    this.repositories.find((each) => !each.isRemoved && each.id === id);

  /** By a name it had; a new repository of that name takes it over. */
  findForwarded(fullName: string): Repository | undefined {
    const repository = this.#forwarding.get(fullName.toLowerCase());
    return repository?.isRemoved ? undefined : repository;
  }

  leaveForwarding(repository: Repository): void {
    this.#forwarding.set(repository.fullName.toLowerCase(), repository);
  }

  allIssues = (): Issue[] =>
    this.repositories
      .filter(({ isRemoved }) => !isRemoved)
      .flatMap(({ items }) => items.filter(({ isDeleted }) => !isDeleted));

  addProject(owner: string, options?: ProjectOptions): Project {
    const account = this.account(owner);
    const number = this.projects.filter((each) => each.owner === account).length + 1;
    const project = new Project(this, account, number, options);
    this.projects.push(project);
    return project;
  }

  addToken({
    login = 'gaia-bot',
    rights,
    kind = 'fine_grained',
    scopes,
    repositories,
    expiresAt,
  }: TokenOptions): Token {
    const classic = kind === 'classic';
    const itsScopes = classic ? (scopes ?? ['repo', 'project']) : [];
    const token: Token = {
      value: this.#secret(classic ? 'ghp_' : 'github_pat_'),
      account: this.account(login),
      kind,
      rights: classic ? rightsOfScopes(itsScopes) : { ...gaiaRights, ...rights },
      scopes: itsScopes,
      repositories: repositories && this.#ids(repositories),
      expiresAt,
      isRevoked: false,
    };
    this.tokens.push(token);
    return token;
  }

  addApp(slug: string): App {
    const owner = this.account('octo');
    const bot = this.addAccount(`${slug}[bot]`, 'Bot');
    const app = { id: this.nextId(), slug, owner, bot, privateKey: appKeys().privateKey, createdAt: this.now() };
    this.apps.push(app);
    return app;
  }

  install(app: App, { on = 'octo', rights, repositories }: InstallationOptions = {}): Installation {
    const installation = {
      id: this.nextId(),
      app,
      account: this.account(on),
      rights: { ...gaiaRights, ...rights },
      repositories: repositories && this.#ids(repositories),
      createdAt: this.now(),
      suspendedAt: undefined,
    };
    this.installations.push(installation);
    return installation;
  }

  /** A token of an installation, for an hour; it can have less than the installation, never more. */
  addInstallationToken(
    installation: Installation,
    rights: Rights,
    repositories: ReadonlySet<number> | undefined,
  ): Token {
    const token: Token = {
      value: this.#secret('ghs_'),
      account: installation.app.bot,
      kind: 'installation',
      rights,
      scopes: [],
      repositories: repositories ?? installation.repositories,
      expiresAt: this.now() + 3_600_000,
      isRevoked: false,
      installation,
    };
    this.tokens.push(token);
    return token;
  }

  #ids(fullNames: readonly string[]): ReadonlySet<number> {
    return new Set(
      fullNames.map((name) => {
        const repository = this.findRepository(name);
        if (repository === undefined) throw new Error(`there is no repository ${name}`);
        return repository.id;
      }),
    );
  }

  /** of the length and the alphabet of the real ones, so that whoever looks for secrets finds them */
  #secret = (prefix: string): string =>
    `${prefix}${this.nextId().toString(36)}${'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA'.slice(0, 30)}`;
}

const rightsOfScopes = (scopes: readonly string[]): Rights => ({
  metadata: 'read',
  ...(scopes.includes('repo')
    ? { contents: 'write', issues: 'write', pull_requests: 'write', statuses: 'write', administration: 'write' }
    : {}),
  ...(scopes.includes('project') ? { organization_projects: 'write' } : {}),
});
