import { createEmulator } from 'emulate';
import { onTestFinished } from 'vitest';
import { clientOf } from './a-client.ts';

const owner = 'gaia-bot';
const name = 'app';

/**
 * A second GitHub, made by others (`emulate`), on loopback for one test. It is right for issues, comments, labels and
 * pull requests, and more lenient than the real one: it opens a pull request twice, which makes it the harder judge of
 * what Gaia writes once. It knows no rights, limits, statuses, sub-issues, projects or list of all comments of a
 * repository, and takes any token for its owner.
 */
export async function anEmulatedGitHub() {
  const token = 'gho_emulated';
  const emulator = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens: { [token]: { login: owner, scopes: ['repo'] } },
      github: { users: [{ login: owner }, { login: 'octocat' }], repos: [{ owner, name, auto_init: true }] },
    },
  });
  onTestFinished(() => emulator.close());
  const client = clientOf(emulator.url, token);
  const at = { owner, repo: name };
  return {
    /** the API's root; pages are below it too */
    url: emulator.url,
    token,
    fullName: `${owner}/${name}`,
    at,
    /** looks at what is there, and plays the people */
    client,
    /** Pushes one commit with these files to a branch, which starts from main. */
    async commit(branch: string, files: Readonly<Record<string, string>>): Promise<{ sha: string }> {
      const { data: main } = await client.git.getRef({ ...at, ref: 'heads/main' });
      const entries = Object.entries(files).map(
        ([path, content]) => ({ path, content, mode: '100644', type: 'blob' }) as const,
      );
      const base = main.object.sha;
      const { data: parent } = await client.git.getCommit({ ...at, commit_sha: base });
      const { data: tree } = await client.git.createTree({ ...at, base_tree: parent.tree.sha, tree: entries });
      const message = `Change ${Object.keys(files).join(', ')}`;
      const { data: commit } = await client.git.createCommit({ ...at, message, tree: tree.sha, parents: [base] });
      await client.git.createRef({ ...at, ref: `refs/heads/${branch}`, sha: commit.sha });
      return { sha: commit.sha };
    },
    /** What is there now: the witness outside of Gaia. */
    async counts(): Promise<{ issues: number; pulls: number; comments: number }> {
      const pulls = await client.paginate(client.pulls.list, { ...at, state: 'all', per_page: 100 });
      const items = await client.paginate(client.issues.listForRepo, { ...at, state: 'all', per_page: 100 });
      const issues = items.filter((each) => each.pull_request === undefined);
      const comments = await Promise.all(
        [...issues, ...pulls].map(({ number }) =>
          client.paginate(client.issues.listComments, { ...at, issue_number: number, per_page: 100 }),
        ),
      );
      return { issues: issues.length, pulls: pulls.length, comments: comments.flat().length };
    },
  };
}
