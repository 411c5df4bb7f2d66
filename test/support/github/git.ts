import { createHash } from 'node:crypto';
import type { Account } from './accounts.ts';

export interface Commit {
  sha: string;
  tree: string;
  parents: readonly string[];
  message: string;
  author: Account;
  /** milliseconds since the epoch */
  at: number;
  /** every file of the tree, with its text */
  files: ReadonlyMap<string, string>;
}

export interface Branch {
  name: string;
  sha: string;
  isProtected: boolean;
}

export interface FileChange {
  status: 'added' | 'removed' | 'modified' | 'renamed';
  path: string;
  previousPath?: string;
  /** of the blob */
  sha: string;
  additions: number;
  deletions: number;
  patch: string;
}

export const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');

export interface Comparison {
  mergeBase: Commit;
  /** commits of the head that the base has not, the oldest first */
  ahead: readonly Commit[];
  behindBy: number;
  files: readonly FileChange[];
}

/** Commits and how they hang together; nothing is ever taken away from it. */
export class CommitGraph {
  readonly #commits = new Map<string, Commit>();

  add(commit: Omit<Commit, 'sha' | 'tree'>): Commit {
    const tree = sha1(JSON.stringify([...commit.files].sort()));
    const sha = sha1(JSON.stringify([tree, commit.parents, commit.message, commit.at, this.#commits.size]));
    const added = { ...commit, tree, sha };
    this.#commits.set(sha, added);
    return added;
  }

  find = (sha: string): Commit | undefined =>
    this.#commits.get(sha) ??
    (/^[0-9a-f]{7,39}$/.test(sha) ? [...this.#commits.values()].find((each) => each.sha.startsWith(sha)) : undefined);

  get(sha: string): Commit {
    const commit = this.find(sha);
    if (commit === undefined) throw new Error(`there is no commit ${sha}`);
    return commit;
  }

  /** A commit and all before it, the newest first. */
  history(sha: string): Commit[] {
    const seen = new Map<string, Commit>();
    const waiting = [sha];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (seen.has(next)) continue;
      const commit = this.get(next);
      seen.set(next, commit);
      waiting.push(...commit.parents);
    }
    return [...seen.values()];
  }

  /** undefined where the two have no commit in common */
  compare(base: Commit, head: Commit): Comparison | undefined {
    const ofBase = this.history(base.sha);
    const ofHead = this.history(head.sha);
    const inBase = new Set(ofBase);
    const inHead = new Set(ofHead);
    const mergeBase = ofHead.find((commit) => inBase.has(commit));
    if (mergeBase === undefined) return undefined;
    return {
      mergeBase,
      ahead: ofHead.filter((commit) => !inBase.has(commit)).reverse(),
      behindBy: ofBase.filter((commit) => !inHead.has(commit)).length,
      files: changesBetween(mergeBase.files, head.files),
    };
  }
}

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileChange[] {
  const removed = new Map([...before].filter(([path]) => !after.has(path)));
  const changes: FileChange[] = [];
  for (const [path, text] of after) {
    const old = before.get(path);
    if (old === text) continue;
    const moved = old === undefined ? [...removed].find(([, each]) => each === text)?.[0] : undefined;
    if (moved !== undefined) {
      removed.delete(moved);
      changes.push({ ...change('renamed', path, text, text), previousPath: moved });
    } else {
      changes.push(change(old === undefined ? 'added' : 'modified', path, old ?? '', text));
    }
  }
  for (const [path, text] of removed) changes.push(change('removed', path, text, ''));
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function change(status: FileChange['status'], path: string, before: string, after: string): FileChange {
  const old = before === '' ? [] : before.split('\n');
  const fresh = after === '' ? [] : after.split('\n');
  const taken = old.filter((line) => !fresh.includes(line));
  const put = fresh.filter((line) => !old.includes(line));
  return {
    status,
    path,
    sha: sha1(`blob ${status === 'removed' ? before : after}`),
    additions: put.length,
    deletions: taken.length,
    patch: [
      `@@ -1,${old.length} +1,${fresh.length} @@`,
      ...taken.map((line) => `-${line}`),
      ...put.map((line) => `+${line}`),
    ].join('\n'),
  };
}
