import type { GitHubConfig } from '../../../config-github.ts';
import { RemoteFailure } from '../../../core/change/failure.ts';
import { rightsOf } from '../../../github/live/rights.ts';
import { oddApiUrl, webHostOf } from '../../../github/web.ts';
import { credentialsOf } from '../../../main/github.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Where writes go, as whom, and with which rights. */
export const githubChecks = (github: GitHubConfig, now: () => number): Check[] => [
  {
    name: 'github',
    async look() {
      if (github.transport === 'local_fake')
        return ok("Writes go to a world of Gaia's own; nothing leaves this machine.");
      if (github.transport === 'off') return ok('GitHub is off: nothing is asked, nothing is written.');
      const remedy = ['runbooks/github-token.md says which rights Gaia needs.', oddApiUrl(github.apiUrl)]
        .filter((part) => part !== undefined)
        .join(' ');
      try {
        const { login, tooLittle, tooMuch, unreachable } = await rightsOf(
          { apiUrl: github.apiUrl, credentials: await credentialsOf(github), now },
          github.allowedRepos,
        );
        const as = `Gaia writes as ${login} at ${webHostOf(github.apiUrl)}, to ${[...github.allowedRepos, ...github.allowedProjects].join(', ') || 'nothing: the lists are empty'}.`;
        if (unreachable.length > 0) return fail([as, ...unreachable].join('\n'), remedy);
        if (tooLittle.length > 0)
          return fail([as, `It lacks rights that Gaia needs: ${tooLittle.join(', ')}.`].join('\n'), remedy);
        if (tooMuch.length > 0)
          return warn([as, `It has rights that Gaia should not have: ${tooMuch.join(', ')}.`].join('\n'), remedy);
        return ok(as);
      } catch (error) {
        if (error instanceof RemoteFailure) return fail(error.failure.message, remedy);
        throw error;
      }
    },
  },
];
