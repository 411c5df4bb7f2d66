import type { Account } from '../accounts.ts';
import type { Label, Repository } from '../repository.ts';
import { apiAccount } from './accounts.ts';
import { instant, nodeId, type Urls } from './urls.ts';

export const repositoryUrl = ({ api }: Urls, { fullName }: Repository): string => `${api}/repos/${fullName}`;

const linked = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

/** @param viewer whose rights `permissions` shows */
export function apiRepository(urls: Urls, repository: Repository, viewer?: Account) {
  const { id, name, fullName, owner, isPrivate } = repository;
  const url = repositoryUrl(urls, repository);
  const web = `${urls.web}/${fullName}`;
  const openIssues = repository.items.filter(({ state }) => state === 'open').length;
  const role = viewer && repository.roleOf(viewer);
  return {
    id,
    node_id: nodeId('R', id),
    name,
    full_name: fullName,
    private: isPrivate,
    owner: apiAccount(urls, owner),
    html_url: web,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(linked).map(([key, path]) => [`${key}_url`, `${url}${path}`])),
    git_url: `${web.replace(/^https?/, 'git')}.git`,
    ssh_url: `git@${new URL(urls.web).hostname}:${fullName}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    homepage: null,
    mirror_url: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    visibility: isPrivate ? 'private' : 'public',
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    subscribers_count: 0,
    network_count: 0,
    size: 1,
    open_issues: openIssues,
    open_issues_count: openIssues,
    has_issues: repository.hasIssues,
    has_projects: true,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.isArchived,
    disabled: false,
    created_at: instant(repository.createdAt),
    updated_at: instant(repository.createdAt),
    pushed_at: instant(repository.pushedAt),
    ...(viewer === undefined
      ? {}
      : {
          permissions: {
            admin: role === 'admin',
            maintain: role === 'admin',
            push: role === 'admin' || role === 'write',
            triage: role !== undefined && role !== 'read',
            pull: role !== undefined || !isPrivate,
          },
        }),
  };
}

export const apiLabel = (urls: Urls, repository: Repository, { id, name, color, description }: Label) => ({
  id,
  node_id: nodeId('LA', id),
  url: `${repositoryUrl(urls, repository)}/labels/${encodeURIComponent(name)}`,
  name,
  color,
  default: false,
  description,
});

/** How the author stands to the repository: of a person who may be anyone, NONE. */
export function authorAssociation(repository: Repository, author: Account): string {
  if (repository.owner === author) return 'OWNER';
  const role = repository.roleOf(author);
  return role === undefined || role === 'read' ? 'NONE' : 'COLLABORATOR';
}
