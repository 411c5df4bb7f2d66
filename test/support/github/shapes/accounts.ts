import type { Account, App, Installation } from '../accounts.ts';
import { instant, instantOrNull, nodeId, type Urls } from './urls.ts';

export function apiAccount({ api, web }: Urls, { id, login, kind }: Account) {
  const url = `${api}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId('U', id),
    avatar_url: `${web}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${web}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: kind,
    site_admin: false,
  };
}

/** What an account is told of itself. */
export const apiOwnAccount = (urls: Urls, account: Account) => ({
  ...apiAccount(urls, account),
  name: null,
  company: null,
  blog: null,
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: instant(account.createdAt),
  updated_at: instant(account.createdAt),
  private_gists: 0,
  total_private_repos: 0,
  owned_private_repos: 0,
  disk_usage: 0,
  collaborators: 0,
  two_factor_authentication: true,
});

export const apiApp = (urls: Urls, { id, slug, owner, createdAt }: App) => ({
  id,
  slug,
  node_id: nodeId('A', id),
  owner: apiAccount(urls, owner),
  name: slug,
  description: null,
  external_url: `${urls.web}/apps/${slug}`,
  html_url: `${urls.web}/apps/${slug}`,
  created_at: instant(createdAt),
  updated_at: instant(createdAt),
  permissions: {},
  events: [],
});

export const apiInstallation = (urls: Urls, installation: Installation) => ({
  id: installation.id,
  account: apiAccount(urls, installation.account),
  repository_selection: installation.repositories === undefined ? 'all' : 'selected',
  access_tokens_url: `${urls.api}/app/installations/${installation.id}/access_tokens`,
  repositories_url: `${urls.api}/installation/repositories`,
  html_url: `${urls.web}/settings/installations/${installation.id}`,
  app_id: installation.app.id,
  app_slug: installation.app.slug,
  target_id: installation.account.id,
  target_type: installation.account.kind,
  permissions: Object.fromEntries(Object.entries(installation.rights).filter(([, level]) => level !== 'none')),
  events: [],
  created_at: instant(installation.createdAt),
  updated_at: instant(installation.createdAt),
  single_file_name: null,
  suspended_by: null,
  suspended_at: instantOrNull(installation.suspendedAt),
});
