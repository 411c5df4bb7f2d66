/**
 * A stand-in for GitHub on loopback: the operations that Gaia may use, with state, rights, limits and faults, for tests
 * and proofs. Every request and every answer is held against GitHub's own description of its API.
 *
 * ```ts
 * const github = await aGitHub();                                  // in vitest; `openGitHub` elsewhere
 * const app = github.addRepository('octo/app', { labels: ['bug'] });
 * app.commit('gaia/run-1', { 'src/a.ts': 'a' });                   // people push, by git
 * const token = github.token({ rights: { statuses: 'none' } });    // Gaia's rights, without one of them
 * // … Gaia talks to `github.url` with `token` …
 *
 * github.repo('octo/app').pulls[0]?.isDraft;                       // what people see on the site
 * app.issue(1).comment('I agree', 'grace');                        // what people do there
 * app.pull(2).close(); app.pull(2).merge(); app.rename('api'); app.protect('main'); app.isArchived = true;
 *
 * const fault = github.fails({ method: 'POST', path: /\/comments$/, how: 'reset_after' }); // see `How`
 * fault.hits; fault.end();                                         // what hangs goes on at `end()`
 * github.created();                                                // { issue_comment: 1 }: what came to be over the API
 * github.requests({ method: 'POST' });                             // what came over the wire, and what was answered
 * github.clock.turn(60_000);                                       // limits, expiry and dates follow it
 * ```
 *
 * Three things that real GitHub does and clients forget: pages link to `/repositories/{id}/…`, a renamed repository
 * answers 301 to reads and 307 to writes, and labels that do not exist come to be by being added.
 */
import type { HttpRequest } from '../telegram/http-server.ts';
import { HttpServer } from '../telegram/http-server.ts';
import type { App, Installation, Token, TokenOptions } from './accounts.ts';
import { Faults, type How, type PlacedFault, type Where } from './faults.ts';
import { type Exchange, Journal, type ObjectKind } from './journal.ts';
import type { Project, ProjectOptions } from './project.ts';
import { githubLimits, type Limits } from './rate-limiter.ts';
import type { Repository, RepositoryOptions } from './repository.ts';
import { type Clock, type InstallationOptions, Site } from './site.ts';
import { Wire } from './wire.ts';

export interface GitHubOptions {
  /** dates, limits and the life of tokens follow it */
  clock: Clock;
  /** default: any free one */
  port?: number;
  /** default: GitHub's */
  limits?: Partial<Limits>;
  /** root of the pages that objects link to (default: the server's own address) */
  webUrl?: string;
}

export class GitHubDouble {
  readonly site: Site;
  readonly journal = new Journal();
  readonly #faults = new Faults();
  readonly #wire: Wire;
  readonly #server: HttpServer;
  readonly #webUrl: string | undefined;
  readonly #listeners = new Set<() => void>();

  constructor({ clock, port = 0, limits, webUrl }: GitHubOptions) {
    this.site = new Site(clock);
    this.#webUrl = webUrl;
    this.#wire = new Wire(this.site, this.#faults, this.journal, { ...githubLimits, ...limits }, () => ({
      api: this.url,
      web: this.webUrl,
    }));
    this.#wire.onChange = () => {
      for (const listener of this.#listeners) listener();
    };
    this.#server = new HttpServer(port, (request: HttpRequest) => this.#wire.answer(request));
  }

  /** The API's root, without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** The root of `html_url`. */
  get webUrl(): string {
    return this.#webUrl ?? this.url;
  }

  open = (): Promise<void> => this.#server.open();

  /** Ends faults and connections; what still hangs is never done. */
  async close(): Promise<void> {
    this.#wire.isClosing = true;
    this.#faults.clear();
    await this.#server.close();
  }

  /** Connections are refused, and those that are open break, until `recover`. */
  breakDown = (): Promise<void> => this.#server.close();

  /** Back on the same port, with everything as it was. */
  recover = (): Promise<void> => this.#server.open();

  /** @param fullName `owner/name`; the owner is made where there is none (as a person) */
  addRepository = (fullName: string, options?: RepositoryOptions): Repository =>
    this.site.addRepository(fullName, options);

  /** By its name of today. */
  repo(fullName: string): Repository {
    const found = this.site.findRepository(fullName);
    if (found !== undefined) return found;
    throw new Error(
      `there is no repository ${fullName}; there is ${this.site.repositories.map((each) => each.fullName)}`,
    );
  }

  addProject = (owner: string, options?: ProjectOptions): Project => this.site.addProject(owner, options);

  project(owner: string, number: number): Project {
    const found = this.site.projects.find((each) => each.owner.login === owner && each.number === number);
    if (found === undefined) throw new Error(`there is no project ${owner}/${number}`);
    return found;
  }

  /** The secret of a new token; with the rights that Gaia needs unless told. */
  token = (options: TokenOptions = {}): string => this.site.addToken(options).value;

  /** A token by its secret, to revoke it or change its rights. */
  tokenOf(secret: string): Token {
    const found = this.site.tokens.find(({ value }) => value === secret);
    if (found === undefined) throw new Error('there is no such token');
    return found;
  }

  addApp = (slug = 'gaia'): App => this.site.addApp(slug);
  install = (app: App, options?: InstallationOptions): Installation => this.site.install(app, options);

  /** Makes requests go wrong: the next one that matches, or as `where` says. */
  fails = ({ how, ...where }: Where & { how: How }): PlacedFault => this.#faults.place(where, how);

  /** From now on; Infinity takes one away. */
  setLimits(limits: Partial<Limits>): void {
    this.#wire.limits = { ...this.#wire.limits, ...limits };
  }

  /** How many objects of each kind came to be over the API, however their answers fared. */
  created(): Partial<Record<ObjectKind, number>> {
    const counts: Partial<Record<ObjectKind, number>> = {};
    for (const { act, kind } of this.journal.traces) {
      if (act === 'created') counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  /** What came over the wire, the oldest first. @param where as for `fails`; a string or pattern for the path */
  requests({ method, path }: Pick<Where, 'method' | 'path'> = {}): Exchange[] {
    return this.journal.exchanges.filter(
      (each) =>
        (method === undefined || each.method === method) &&
        (path === undefined ||
          (typeof path === 'string' ? path === each.template || path === each.path : path.test(each.path))),
    );
  }

  /** Everything but reads. */
  writes = (): Exchange[] => this.journal.writes();

  /**
   * Takes what did not fit GitHub's description: operations it does not describe, malformed requests, and answers of
   * the double that are wrong. `aGitHub` fails a test that leaves any.
   */
  takeViolations = (): string[] => this.#wire.violations.splice(0);

  /**
   * Waits until something is so: looks whenever a request came or was answered, and every 20 ms, for what happens
   * elsewhere. Rejects after `withinMs` of real time.
   */
  async until<T>(find: () => T | undefined | false, withinMs = 10_000): Promise<T> {
    const now = find();
    if (now !== undefined && now !== false) return now;
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        clearInterval(again);
        this.#listeners.delete(look);
        settle();
      };
      const look = () => {
        try {
          const found = find();
          if (found !== undefined && found !== false) end(() => resolve(found));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const late = () => new Error(`still not so after ${withinMs} ms: ${find.toString()}`);
      const timer = setTimeout(() => end(() => reject(late())), withinMs);
      const again = setInterval(look, 20);
      this.#listeners.add(look);
    });
  }
}

/** Opens a double; the caller closes it. */
export async function openGitHub(options: GitHubOptions): Promise<GitHubDouble> {
  const double = new GitHubDouble(options);
  await double.open();
  return double;
}
