import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubSide, Transport } from '../../src/actions/changes/port.ts';
import type { Settings } from '../../src/core/change/preconditions.ts';
import { LocalFake } from '../../src/github/local-fake/transport.ts';
import { emptyWorld, type World } from '../../src/github/local-fake/world.ts';
import { githubSide } from '../../src/github/side.ts';

export interface SideOptions {
  /** Gaia's own world unless told */
  transport?: Transport;
  settings?: Partial<Settings>;
  /** the directory of CHECKPOINT_<n>.md */
  checkpoints?: string;
  secrets?: { name: string; value: string }[];
  now?: () => number;
}

/** GitHub's side of an App, with Gaia's own world kept in memory. */
export function aGitHubSide({
  transport,
  settings,
  checkpoints,
  secrets = [],
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
    secrets,
  });
}
