import { join } from 'node:path';
import { conflict } from '../../core/errors.ts';
import type { GitHubStatusAnswer } from '../../core/wire/answers-github.ts';
import { checkpointNumbers } from '../../github/checkpoint-files.ts';
import { homeAt } from '../../home/home.ts';
import { makeDirectory } from '../../home/make-directory.ts';
import { writeFileAtomic } from '../../home/write-file-atomic.ts';
import type { Cli } from '../cli.ts';
import { ask } from '../commands/request.ts';
import type { Exit } from '../exit-codes.ts';

/** Writes the next checkpoint from how Gaia stands now, and asks people to approve it word for word. */
export async function create(cli: Cli, { again = false, wait }: { again?: boolean; wait?: boolean }): Promise<Exit> {
  const { checkpoints } = homeAt(cli.settings.home);
  const highest = (await checkpointNumbers(checkpoints)).at(-1);
  if (again && highest === undefined)
    throw conflict('No checkpoint lies in the data directory.', {
      reason: 'no_such_checkpoint',
      remedy: 'gaia github checkpoint create',
    });
  const number = again ? (highest as number) : (highest ?? 0) + 1;
  if (!again) {
    const status = await cli.client('operator').githubStatus();
    makeDirectory(checkpoints, { mode: 0o700, remedy: 'Point GAIA_HOME at the data directory of this Gaia.' });
    await writeFileAtomic(join(checkpoints, `CHECKPOINT_${number}.md`), checkpointText(number, status));
    cli.note(
      `Wrote ${join(checkpoints, `CHECKPOINT_${number}.md`)}. Edit it if you like, and then: gaia github checkpoint create --again`,
    );
  }
  return ask(
    cli,
    { kind: 'checkpoint', title: `Checkpoint ${number}: writes to GitHub`, checkpoint: { number } },
    { wait },
  );
}

/** What people are asked to have looked at. Whoever approves it says so. */
function checkpointText(number: number, { host, allowedRepos, allowedProjects }: GitHubStatusAnswer): string {
  const list = (names: readonly string[]) => (names.length === 0 ? ['- nothing'] : names.map((name) => `- ${name}`));
  return [
    `# Checkpoint ${number}: writes to GitHub`,
    '',
    'Whoever approves this has looked at each point. While it stands approved and unchanged, approved changesets may be',
    'written for real; `gaia github checkpoint revoke` ends that.',
    '',
    `- Host at this time: ${host}`,
    '',
    '## May be written to',
    '',
    ...list(allowedRepos),
    ...allowedProjects.map((name) => `- project ${name}`),
    '',
    '## Looked at',
    '',
    '- [ ] The token, or the App, has no right to contents, workflows or administration (`gaia doctor`)',
    '- [ ] Secrets were reviewed: none stands in a changeset, a run or a checkpoint',
    '- [ ] The log was verified (`gaia audit verify`)',
    '- [ ] It is known how to undo a change and how to stop the updater (runbooks/github-rollback.md)',
    '- [ ] The people who may decide know what they are asked for',
    '',
  ].join('\n');
}
