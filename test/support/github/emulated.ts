import { createEmulator } from 'emulate';
import { onTestFinished } from 'vitest';
import { type HttpReply, type HttpRequest, HttpServer } from '../telegram/http-server.ts';
import { clientOf } from './a-client.ts';
import { Faults, type How, type PlacedFault, type Where } from './faults.ts';

const owner = 'gaia-bot';
const name = 'app';

/** What can go wrong on the way to and from it. */
export type WayHow = Extract<How, 'reset_before' | 'reset_after' | 'cut_body'> | { status: number; after: boolean };

/**
 * A second GitHub, made by others (`emulate`), on loopback for one test. It is right for issues, comments, labels and
 * pull requests, and more lenient than the real one: it opens a pull request twice, which makes it the harder judge of
 * what Gaia writes once. It knows no rights, limits, statuses, sub-issues, projects or list of all comments of a
 * repository, takes any token for its owner, and denies that a pull request is an issue, so that no comment can be put
 * on one. The way to it can break.
 */
export async function anEmulatedGitHub() {
  const faults = new Faults();
  const writes: { method: string; path: string }[] = [];
  const port = await aFreePort();
  const target = `http://127.0.0.1:${port}`;
  const front = new HttpServer(0, (request) => {
    const { pathname: path } = request.url;
    if (request.method !== 'GET') writes.push({ method: request.method, path });
    return carry(request, target, faults);
  });
  await front.open();
  const url = `http://127.0.0.1:${front.port}`;
  const token = 'gho_emulated';
  const emulator = await createEmulator({
    service: 'github',
    port,
    baseUrl: url,
    seed: {
      tokens: { [token]: { login: owner, scopes: ['repo'] } },
      github: { users: [{ login: owner }, { login: 'octocat' }], repos: [{ owner, name, auto_init: true }] },
    },
  });
  onTestFinished(async () => {
    await front.close();
    await emulator.close();
  });
  const people = clientOf(target, token);
  const at = { owner, repo: name };
  return {
    /** the API's root; pages are below it too */
    url,
    token,
    fullName: `${owner}/${name}`,
    at,
    /** people who use it, by a way that never breaks */
    people,
    /** what Gaia sent that was no read, whatever became of it */
    writes,
    /** Makes requests go wrong: the next one that matches, or as it says. */
    fails: ({ how, ...where }: Where & { how: WayHow }): PlacedFault => faults.place(where, how),
    /** Pushes one commit with these files to a branch, which starts from main. */
    async commit(branch: string, files: Readonly<Record<string, string>>): Promise<{ sha: string }> {
      const { data: main } = await people.git.getRef({ ...at, ref: 'heads/main' });
      const { data: parent } = await people.git.getCommit({ ...at, commit_sha: main.object.sha });
      const entries = Object.entries(files).map(
        ([path, content]) => ({ path, content, mode: '100644', type: 'blob' }) as const,
      );
      const { data: tree } = await people.git.createTree({ ...at, base_tree: parent.tree.sha, tree: entries });
      const message = `Change ${Object.keys(files).join(', ')}`;
      const { data: commit } = await people.git.createCommit({ ...at, message, tree: tree.sha, parents: [parent.sha] });
      await people.git.createRef({ ...at, ref: `refs/heads/${branch}`, sha: commit.sha });
      return { sha: commit.sha };
    },
    /** What is there now: the witness outside of Gaia. */
    async counts(): Promise<{ issues: number; pulls: number; comments: number }> {
      const pulls = await people.paginate(people.pulls.list, { ...at, state: 'all', per_page: 100 });
      const items = await people.paginate(people.issues.listForRepo, { ...at, state: 'all', per_page: 100 });
      const issues = items.filter((each) => each.pull_request === undefined);
      const comments = await Promise.all(
        [...issues, ...pulls].map(({ number }) =>
          people.paginate(people.issues.listComments, { ...at, issue_number: number, per_page: 100 }),
        ),
      );
      return { issues: issues.length, pulls: pulls.length, comments: comments.flat().length };
    },
  };
}

/** It says its own port only where it is not told the address that it is reached by. */
async function aFreePort(): Promise<number> {
  const server = new HttpServer(0, async () => undefined);
  await server.open();
  await server.close();
  return server.port;
}

async function carry(request: HttpRequest, target: string, faults: Faults): Promise<HttpReply | undefined> {
  const { method, url, headers, body } = request;
  const fault = faults.meet({ method, path: url.pathname, template: undefined, body: body.toString('utf8') });
  const how = fault?.how as WayHow | undefined;
  if (how === 'reset_before') return undefined;
  if (typeof how === 'object' && !how.after) return { status: how.status, body: 'Bad gateway' };
  const { authorization = '', accept = '', 'user-agent': agent = '' } = headers;
  const answer = await fetch(`${target}${url.pathname}${url.search}`, {
    method,
    redirect: 'manual',
    headers: { authorization, accept, 'user-agent': agent, 'content-type': request.contentType || 'application/json' },
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  const text = await answer.text();
  if (how === 'reset_after') return undefined;
  if (typeof how === 'object') return { status: how.status, body: 'Bad gateway' };
  const kept = ['content-type', 'link', 'etag', 'location', 'x-github-request-id'];
  const named = kept.flatMap((key) => {
    const value = answer.headers.get(key);
    return value === null ? [] : [[key, value]];
  });
  return { status: answer.status, headers: Object.fromEntries(named), body: text, isCut: how === 'cut_body' };
}
