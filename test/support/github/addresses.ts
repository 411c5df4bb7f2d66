import { demand } from './access.ts';
import type { Token } from './accounts.ts';
import { GitHubError, notFound } from './github-error.ts';
import type { Route } from './openapi/contract.ts';
import type { Repository } from './repository.ts';
import type { Site } from './site.ts';

const ofRepository = /^\/repos\/[^/]+\/[^/]+/;

/** `/repositories/{id}/…` means the repository by whatever name it has now. */
export function currentPath(site: Site, path: string): string {
  const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  const repository = id === undefined ? undefined : site.findById(Number(id));
  return repository === undefined ? path : `/repos/${repository.fullName}${rest}`;
}

/** The same address by the repository's id. */
export const addressById = (api: string, { pathname, search }: URL, { id }: Repository): string =>
  `${api}${pathname.replace(ofRepository, `/repositories/${id}`)}${search}`;

/** An address with other parameters; links name the repository by its id, as GitHub's do. */
export function linkTo(
  api: string,
  url: URL,
  repository: Repository | undefined,
  changed: Readonly<Record<string, string>>,
): string {
  const link = new URL(repository ? addressById(api, url, repository) : `${api}${url.pathname}${url.search}`);
  for (const name of ['page', 'after', 'before']) link.searchParams.delete(name);
  for (const [name, value] of Object.entries(changed)) link.searchParams.set(name, value);
  return link.href;
}

/** The repository of a route; one that was renamed or moved answers under its old name with the way to its id. */
export function repositoryAt(
  site: Site,
  api: string,
  url: URL,
  { method, parameters }: Route,
  token: Token | undefined,
): Repository | undefined {
  const { owner, repo } = parameters;
  if (owner === undefined || repo === undefined) return undefined;
  const found = site.findRepository(`${owner}/${repo}`);
  if (found !== undefined) return found;
  const moved = site.findForwarded(`${owner}/${repo}`);
  if (moved === undefined) throw notFound();
  demand(token, moved, [['metadata', 'read']]);
  const location = addressById(api, url, moved);
  if (method === 'GET') throw new GitHubError(301, 'Moved Permanently', undefined, { location });
  throw new GitHubError(307, 'Temporary Redirect', undefined, { location });
}
