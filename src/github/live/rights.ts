import { z } from 'zod';
import { RemoteFailure } from '../../core/change/failure.ts';
import { Client, type ClientOptions } from './client.ts';
import * as shapes from './shapes.ts';

/** As whom Gaia speaks, and what that account may do that it should not. */
export interface RightsFound {
  login: string;
  /** rights that Gaia needs and an App does not have; of tokens GitHub does not tell */
  tooLittle: string[];
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
/** What operations need, by GitHub's names; projects only where some may be written to. */
const needed = [
  ['contents', 'read'],
  ['issues', 'write'],
  ['pull_requests', 'write'],
  ['statuses', 'write'],
] as const;
const installations = z.array(
  z.object({ id: z.number(), permissions: z.record(z.string(), z.string()), suspended_at: z.string().nullish() }),
);
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
  const found: RightsFound = { login: '', tooLittle: [], tooMuch: [], unreachable: [] };
  if ('appId' in options.credentials) {
    const { value } = await client.look('GET /app', {}, shapes.app);
    found.login = `${value.slug}[bot]`;
    const own = await installationOf(client, options.credentials.installationId);
    const has = (right: string): string => own?.permissions[right] ?? 'none';
    if (own === undefined)
      found.unreachable.push(`installation ${options.credentials.installationId} is none of this App's`);
    else if (own.suspended_at != null)
      found.unreachable.push(`the installation is suspended since ${own.suspended_at}`);
    else
      for (const [right, level] of needed)
        if (has(right) === 'none' || (level === 'write' && has(right) === 'read'))
          found.tooLittle.push(`${right}: ${level}`);
    for (const right of needless)
      if (has(right) === 'write' || has(right) === 'admin') found.tooMuch.push(`${right}: write`);
    if (own === undefined || own.suspended_at != null) return found;
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

/** The installation of the App under whose number Gaia writes. */
async function installationOf(client: Client, id: string) {
  for (let page = 1; ; page++) {
    const { value } = await client.look('GET /app/installations', { per_page: 100, page }, installations);
    const own = value.find((one) => String(one.id) === id);
    if (own !== undefined || value.length < 100) return own;
  }
}
