import type { GitHubSide, Transport } from '../actions/changes/port.ts';
import { sha256 } from '../core/canonical.ts';
import type { Settings } from '../core/change/preconditions.ts';
import { checkpointNumbers, readCheckpoint } from './checkpoint-files.ts';
import { gitRemoteUrl } from './git-remote.ts';
import { secretScanner } from './secret-scanner.ts';
import { readWorkspaceFile } from './workspace-file.ts';

/** What GitHub's side is put together from. */
export interface SideParts {
  transport: Transport;
  settings: Settings;
  markerSecret: string;
  /** where CHECKPOINT_<n>.md lie */
  checkpoints: string;
  /** what must never go out, by the name it is called in refusals */
  secrets: readonly { name: string; value: string }[];
}

/** Everything of GitHub's that actions need, over one transport. */
export function githubSide({ transport, settings, markerSecret, checkpoints, secrets }: SideParts): GitHubSide {
  const checkpoint = (number: number) => readCheckpoint(checkpoints, number);
  return {
    transport,
    settings,
    markerSecret,
    checkpoint,
    async highestCheckpoint() {
      const highest = (await checkpointNumbers(checkpoints)).at(-1);
      return highest === undefined ? undefined : checkpoint(highest);
    },
    remoteUrl: gitRemoteUrl,
    async hashOf(workspace, path) {
      const bytes = await readWorkspaceFile(workspace, path);
      return bytes === undefined ? undefined : sha256(bytes);
    },
    secretsIn: secretScanner(secrets),
  };
}
