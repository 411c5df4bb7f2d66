import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { GitHubSide, Transport } from '../actions/changes/port.ts';
import type { Config } from '../config.ts';
import { invalid } from '../core/errors.ts';
import type { Credentials } from '../github/live/client.ts';
import { LocalFake } from '../github/local-fake/transport.ts';
import { emptyWorld, type World } from '../github/local-fake/world.ts';
import { off } from '../github/off.ts';
import { githubSide } from '../github/side.ts';
import { textReader } from '../github/texts/text-reader.ts';
import type { Home } from '../home/home.ts';
import { readOrCreateSecretFile, readSecretFile } from '../home/secret-file.ts';
import { writeFileAtomic } from '../home/write-file-atomic.ts';

interface GitHubParts {
  adminKey: string;
  now: () => number;
  report: (error: unknown, what: string) => void;
}

/** Puts GitHub's side together as configured; without configuration it is Gaia's own world, with no token in reach. */
export async function buildGitHub(
  config: Config,
  home: Home,
  { adminKey, now, report }: GitHubParts,
): Promise<GitHubSide> {
  const { github, telegram } = config;
  const markerSecret = (
    await readOrCreateSecretFile(home.markerKey, () => randomBytes(32).toString('base64url'))
  ).trim();
  const appKey = github.app && (await readSecretFile(github.app.privateKeyFile));
  const named = (name: string, value: string | undefined) => (value === undefined ? [] : [{ name, value }]);
  return githubSide({
    transport: await transportOf(config, home, now),
    settings: {
      mode: github.transport,
      updaterEnabled: github.updaterEnabled,
      allowedRepos: github.allowedRepos,
      allowedProjects: github.allowedProjects,
    },
    markerSecret,
    checkpoints: home.checkpoints,
    texts: textReader({
      secrets: [
        ...named("Gaia's admin key", adminKey),
        ...named("the key of Gaia's marks", markerSecret),
        ...named("the bot's token", telegram?.token.reveal()),
        ...named("Gaia's GitHub token", github.token?.reveal()),
        ...named("the key of Gaia's GitHub App", appKey),
        ...(appKey ? linesOf(appKey).map((value) => ({ name: "the key of Gaia's GitHub App", value })) : []),
      ],
      report,
    }),
  });
}

/** The lines of a key that tell it from any other; pasted without its head and foot it is no less a secret. */
const linesOf = (key: string): string[] =>
  key.split(/\r?\n/).filter((line) => line.length >= 40 && !line.startsWith('-'));

async function transportOf({ github }: Config, home: Home, now: () => number): Promise<Transport> {
  if (github.transport === 'off') return off;
  if (github.transport === 'live') {
    const { Live } = await import('../github/live/transport.ts'); // without it nothing that speaks to GitHub is even loaded
    return new Live({ apiUrl: github.apiUrl, credentials: await credentialsOf(github), now });
  }
  return new LocalFake(worldFile(home.localGitHub), now);
}

/** As whom Gaia speaks, as configured. */
export async function credentialsOf({ token, app }: Config['github']): Promise<Credentials> {
  if (token) return { token: token.reveal() };
  if (!app)
    throw invalid('There is neither a GitHub token nor a GitHub App.', {
      reason: 'credentials_missing',
      remedy: 'Set GITHUB_TOKEN, or the three variables of a GitHub App.',
    });
  const privateKey = await readSecretFile(app.privateKeyFile);
  if (privateKey === undefined)
    throw invalid(`${app.privateKeyFile} does not exist.`, {
      reason: 'key_file_missing',
      remedy: 'Correct GITHUB_APP_PRIVATE_KEY_FILE.',
    });
  return { appId: app.id, privateKey, installationId: app.installationId };
}

/** Gaia's own world, in one file. */
const worldFile = (path: string) => ({
  async load(): Promise<World> {
    const bytes = await bytesIfThere(path);
    if (bytes === undefined) return emptyWorld();
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as World;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw invalid(`${path} is damaged.`, {
        reason: 'world_damaged',
        remedy: 'Move it away: Gaia then begins with an empty world of its own. Nothing of it is on GitHub.',
      });
    }
  },
  save: (world: World) => writeFileAtomic(path, JSON.stringify(world)),
});

async function bytesIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
