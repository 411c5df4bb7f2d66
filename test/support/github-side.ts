import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubSide, TextReader, Transport } from '../../src/actions/changes/port.ts';
import type { Settings } from '../../src/core/change/preconditions.ts';
import { LocalFake } from '../../src/github/local-fake/transport.ts';
import { emptyWorld, type World } from '../../src/github/local-fake/world.ts';
import { githubSide } from '../../src/github/side.ts';
import { readTexts } from '../../src/github/texts/read-texts.ts';
import type { KnownSecret } from '../../src/github/texts/secret-scanner.ts';

export interface SideOptions {
  /** Gaia's own world unless told */
  transport?: Transport;
  settings?: Partial<Settings>;
  /** the directory of CHECKPOINT_<n>.md */
  checkpoints?: string;
  secrets?: KnownSecret[];
  /** reads in the test's own thread unless told */
  texts?: TextReader;
  now?: () => number;
}

/** GitHub's side of an App, with Gaia's own world kept in memory. */
export function aGitHubSide({
  transport,
  settings,
  checkpoints,
  secrets = [],
  texts = readTexts(secrets),
  now = Date.now,
}: SideOptions = {}): GitHubSide {
  let world: World = emptyWorld();
  const used =
    transport ??
    new LocalFake(
      {
        load: async () => structuredClone(world),
        save: async (changed) => {
          world = changed;
        },
      },
      now,
    );
  return githubSide({
    transport: used,
    settings: { mode: used.mode, updaterEnabled: false, allowedRepos: [], allowedProjects: [], ...settings },
    markerSecret: createHmac('sha256', 'tests').update('marks').digest('base64url'),
    checkpoints: checkpoints ?? mkdtempSync(join(tmpdir(), 'gaia-checkpoints-')),
    texts,
  });
}
