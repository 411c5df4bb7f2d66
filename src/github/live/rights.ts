import { z } from 'zod';
import { RemoteFailure } from '../../core/change/failure.ts';
import { Client, type ClientOptions } from './client.ts';
import * as shapes from './shapes.ts';

/** As whom Gaia speaks, and what that account may do that it should not. */
export interface RightsFound {
  login: string;
  /** rights beyond what Gaia needs, in words */
  tooMuch: string[];
  /** repositories that cannot be reached, with why */
  unreachable: string[];
}

/** Scopes of classic tokens that reach further than any operation of Gaia's. */
const broadScopes = [
  'repo',
  'workflow',
  'admin:org',
  'admin:repo_hook',
  'delete_repo',
  'write:packages',
  'gist',
  'user',
];
const app = z.object({ slug: z.string(), permissions: z.record(z.string(), z.string()).default({}) });
const needless = [
  'contents',
  'workflows',
  'administration',
  'actions',
  'secrets',
  'members',
  'organization_administration',
];

/** Asks GitHub what Gaia's token or App may do. Only looks. */
export async function rightsOf(options: ClientOptions, repos: readonly string[]): Promise<RightsFound> {
  const client = new Client(options);
  const found: RightsFound = { login: '', tooMuch: [], unreachable: [] };
  if ('appId' in options.credentials) {
    const { value } = await client.look('GET /app', {}, app);
    found.login = `${value.slug}[bot]`;
    for (const right of needless)
      if (value.permissions[right] === 'write' || value.permissions[right] === 'admin')
        found.tooMuch.push(`${right}: write`);
  } else {
    const { value, headers } = await client.look('GET /user', {}, shapes.user);
    found.login = value.login;
    const scopes = String(headers['x-oauth-scopes'] ?? '')
      .split(',')
      .map((scope) => scope.trim());
    found.tooMuch.push(...broadScopes.filter((scope) => scopes.includes(scope)).map((scope) => `the scope ${scope}`));
  }
  for (const repo of repos) {
    const [owner = '', name = ''] = repo.split('/');
    try {
      const { value } = await client.look('GET /repos/{owner}/{repo}', { owner, repo: name }, shapes.repository);
      if (value.permissions?.admin) found.tooMuch.push(`administration of ${repo}`);
    } catch (error) {
      if (!(error instanceof RemoteFailure)) throw error;
      found.unreachable.push(`${repo}: ${error.failure.message}`);
    }
  }
  return found;
}
