import type { Account } from '../accounts.ts';
import type { Branch, Commit, Comparison, FileChange } from '../git.ts';
import type { Repository, Status } from '../repository.ts';
import { apiAccount } from './accounts.ts';
import { repositoryUrl } from './repositories.ts';
import { instant, nodeId, type Urls } from './urls.ts';

export function apiCommit(urls: Urls, repository: Repository, commit: Commit) {
  const { sha, message, author, at, tree, parents } = commit;
  const url = repositoryUrl(urls, repository);
  const web = `${urls.web}/${repository.fullName}`;
  const person = gitPerson(author, at);
  return {
    sha,
    node_id: nodeId('C', sha),
    url: `${url}/commits/${sha}`,
    html_url: `${web}/commit/${sha}`,
    comments_url: `${url}/commits/${sha}/comments`,
    commit: {
      url: `${url}/git/commits/${sha}`,
      author: person,
      committer: person,
      message,
      tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    author: apiAccount(urls, author),
    committer: apiAccount(urls, author),
    parents: parents.map((parent) => ({
      sha: parent,
      url: `${url}/commits/${parent}`,
      html_url: `${web}/commit/${parent}`,
    })),
  };
}

const gitPerson = ({ login }: Account, at: number) => ({
  name: login,
  email: `${login.replace(/\W/g, '')}@example.com`,
  date: instant(at),
});

export function apiFile(urls: Urls, repository: Repository, head: string, file: FileChange) {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const web = `${urls.web}/${repository.fullName}`;
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${web}/blob/${head}/${path}`,
    raw_url: `${web}/raw/${head}/${path}`,
    contents_url: `${repositoryUrl(urls, repository)}/contents/${path}?ref=${head}`,
    patch: file.patch,
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  };
}

/** How many files a comparison names at most, whatever else changed (REST: compare two commits). */
export const comparedFilesCap = 300;

export function apiComparison(
  urls: Urls,
  repository: Repository,
  {
    base,
    head,
    comparison,
    commits,
  }: { base: Commit; head: Commit; comparison: Comparison; commits: readonly Commit[] },
) {
  const url = repositoryUrl(urls, repository);
  const web = `${urls.web}/${repository.fullName}/compare/${base.sha}...${head.sha}`;
  const { ahead, behindBy, mergeBase, files } = comparison;
  const only = ahead.length > 0 ? 'ahead' : behindBy > 0 ? 'behind' : 'identical';
  return {
    url: `${url}/compare/${base.sha}...${head.sha}`,
    html_url: web,
    permalink_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    base_commit: apiCommit(urls, repository, base),
    merge_base_commit: apiCommit(urls, repository, mergeBase),
    status: ahead.length > 0 && behindBy > 0 ? 'diverged' : only,
    ahead_by: ahead.length,
    behind_by: behindBy,
    total_commits: ahead.length,
    commits: commits.map((commit) => apiCommit(urls, repository, commit)),
    files: files.slice(0, comparedFilesCap).map((file) => apiFile(urls, repository, head.sha, file)),
  };
}

export const apiShortBranch = (urls: Urls, repository: Repository, { name, sha, isProtected }: Branch) => ({
  name,
  commit: { sha, url: `${repositoryUrl(urls, repository)}/commits/${sha}` },
  protected: isProtected,
});

export function apiBranch(urls: Urls, repository: Repository, { name, sha, isProtected }: Branch) {
  const self = `${repositoryUrl(urls, repository)}/branches/${encodeURIComponent(name)}`;
  return {
    name,
    commit: apiCommit(urls, repository, repository.graph.get(sha)),
    _links: { self, html: `${urls.web}/${repository.fullName}/tree/${name}` },
    protected: isProtected,
    protection: { enabled: isProtected },
    protection_url: `${self}/protection`,
  };
}

export const apiRef = (urls: Urls, repository: Repository, { name, sha }: Branch) => ({
  ref: `refs/heads/${name}`,
  node_id: nodeId('REF', `${repository.id}:${name}`),
  url: `${repositoryUrl(urls, repository)}/git/refs/heads/${name}`,
  object: { type: 'commit', sha, url: `${repositoryUrl(urls, repository)}/git/commits/${sha}` },
});

export const apiStatus = (urls: Urls, repository: Repository, status: Status) => ({
  url: `${repositoryUrl(urls, repository)}/statuses/${status.sha}`,
  avatar_url: `${urls.web}/avatars/${status.creator.id}`,
  id: status.id,
  node_id: nodeId('SC', status.id),
  state: status.state,
  description: status.description,
  target_url: status.targetUrl,
  context: status.context,
  created_at: instant(status.createdAt),
  updated_at: instant(status.createdAt),
  creator: apiAccount(urls, status.creator),
});

/** @param newest of each context */
export function apiCombinedStatus(urls: Urls, repository: Repository, sha: string, newest: readonly Status[]) {
  const states = newest.map(({ state }) => state);
  const bad = states.some((state) => state === 'failure' || state === 'error');
  const url = repositoryUrl(urls, repository);
  return {
    state: bad ? 'failure' : states.length > 0 && states.every((state) => state === 'success') ? 'success' : 'pending',
    statuses: newest.map((status) => {
      const { creator: _, ...simple } = apiStatus(urls, repository, status);
      return simple;
    }),
    sha,
    total_count: newest.length,
    commit_url: `${url}/commits/${sha}`,
    url: `${url}/commits/${sha}/status`,
  };
}
