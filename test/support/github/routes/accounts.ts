import { type Installation, type Rights, reaches } from '../accounts.ts';
import { badCredentials, GitHubError, notFound, unprocessable } from '../github-error.ts';
import { apiAccount, apiApp, apiInstallation, apiOwnAccount } from '../shapes/accounts.ts';
import { apiRepository } from '../shapes/repositories.ts';
import { instant } from '../shapes/urls.ts';
import { type Context, made, ok, type Routes } from './route.ts';

/** Who a token is, what it may do, and how an app gets one. Tokens of apps were checked before. */
export const accountRoutes: Routes = {
  'GET /user': {
    needs: [],
    run: ({ urls, actor, token }) => {
      if (token?.kind === 'installation') throw new GitHubError(403, 'Resource not accessible by integration');
      return ok(apiOwnAccount(urls, actor));
    },
  },
  'GET /users/{username}': {
    needs: [],
    run: ({ site, urls, parameters }) => {
      const account = site.findAccount(parameters.username ?? '');
      if (account === undefined) throw notFound();
      return ok(apiOwnAccount(urls, account));
    },
  },
  'GET /rate_limit': {
    needs: [],
    run: ({ limiter, token }) => {
      const core = limiter.overview(token);
      return ok({ resources: { core, search: { ...core, limit: 30, used: 0, remaining: 30 } }, rate: core });
    },
  },
  'GET /app': { needs: [], run: (context) => ok(apiApp(context.urls, appOf(context))) },
  'GET /app/installations': {
    needs: [],
    run: (context) => {
      const app = appOf(context);
      const installations = context.site.installations.filter((each) => each.app === app);
      return context.page(installations, (each) => apiInstallation(context.urls, each));
    },
  },
  'GET /repos/{owner}/{repo}/installation': {
    needs: [],
    run: (context) => {
      const app = appOf(context);
      const { repository, site, urls } = context;
      const found = site.installations.find(
        ({ app: its, account, repositories }) =>
          its === app && account === repository.owner && repositories?.has(repository.id) !== false,
      );
      if (found === undefined) throw notFound();
      return ok(apiInstallation(urls, found));
    },
  },
  'POST /app/installations/{installation_id}/access_tokens': {
    needs: [],
    run: (context) => {
      const { site, urls, parameters, body } = context;
      const app = appOf(context);
      const installation = site.installations.find(
        (each) => each.app === app && each.id === Number(parameters.installation_id),
      );
      if (installation === undefined) throw notFound();
      if (installation.suspendedAt !== undefined) throw new GitHubError(403, 'This installation has been suspended');
      const rights = narrowed(installation, body.permissions as Rights | undefined);
      const token = site.addInstallationToken(installation, rights, chosen(context, installation));
      context.created('installation_token', installation.id);
      return made({
        token: token.value,
        expires_at: instant(token.expiresAt ?? 0),
        permissions: Object.fromEntries(Object.entries(rights).filter(([, level]) => level !== 'none')),
        repository_selection: token.repositories === undefined ? 'all' : 'selected',
        ...(token.repositories === undefined
          ? {}
          : {
              repositories: site.repositories
                .filter(({ id }) => token.repositories?.has(id))
                .map((repository) => apiRepository(urls, repository)),
            }),
      });
    },
  },
  'GET /installation/repositories': {
    needs: [],
    run: (context) => {
      const { site, token, urls } = context;
      if (token?.installation === undefined) {
        throw new GitHubError(403, 'You must authenticate with an installation access token');
      }
      const { account } = token.installation;
      const seen = site.repositories.filter(
        (each) => !each.isRemoved && each.owner === account && token.repositories?.has(each.id) !== false,
      );
      const answer = context.page(seen, (repository) => apiRepository(urls, repository, token.account));
      return { ...answer, body: { total_count: seen.length, repositories: answer.body } };
    },
  },
  'GET /repos/{owner}/{repo}/collaborators/{username}/permission': {
    needs: [['metadata', 'read']],
    run: ({ site, urls, repository, parameters }) => {
      const account = site.findAccount(parameters.username ?? '');
      if (account === undefined) throw notFound();
      const role = repository.roleOf(account) ?? (repository.isPrivate ? 'none' : 'read');
      const permission = role === 'triage' ? 'read' : role;
      return ok({ permission, role_name: role, user: { ...apiAccount(urls, account), role_name: role } });
    },
  },
  'GET /repos/{owner}/{repo}/assignees/{assignee}': {
    needs: [['metadata', 'read']],
    run: ({ site, repository, parameters }) => {
      const account = site.findAccount(parameters.assignee ?? '');
      if (account === undefined || repository.roleOf(account) === undefined) throw notFound();
      return { status: 204 };
    },
  },
};

function appOf({ via, token }: Context) {
  if (via === undefined || token !== undefined) throw badCredentials();
  return via;
}

function narrowed({ rights }: Installation, asked: Rights | undefined): Rights {
  if (asked === undefined) return rights;
  for (const [name, level] of Object.entries(asked)) {
    if (!reaches(rights[name as keyof Rights], level)) {
      throw unprocessable('The permissions requested are not granted to this installation.');
    }
  }
  return { metadata: 'read', ...asked };
}

function chosen({ site, body }: Context, { account, repositories }: Installation): ReadonlySet<number> | undefined {
  const names = body.repositories as string[] | undefined;
  const ids = body.repository_ids as number[] | undefined;
  if (names === undefined && ids === undefined) return undefined;
  const named = (names ?? []).map((name) => site.findRepository(`${account.login}/${name}`)?.id ?? 0);
  const all = [...named, ...(ids ?? [])];
  const isGranted = (id: number) => site.findById(id)?.owner === account && repositories?.has(id) !== false;
  if (!all.every(isGranted)) {
    throw unprocessable(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return new Set(all);
}
