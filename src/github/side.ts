import type { GitHubSide, TextReader, Transport } from '../actions/changes/port.ts';
import { sha256 } from '../core/canonical.ts';
import type { Settings } from '../core/change/preconditions.ts';
import { checkpointNumbers, readCheckpoint } from './checkpoint-files.ts';
import { gitRemoteUrl } from './git-remote.ts';
import { readWorkspaceFile } from './workspace-file.ts';

/** What GitHub's side is put together from. */
export interface SideParts {
  transport: Transport;
  settings: Settings;
  markerSecret: string;
  /** where CHECKPOINT_<n>.md lie */
  checkpoints: string;
  texts: TextReader;
}

/** Everything of GitHub's that actions need, over one transport. */
export function githubSide({ checkpoints, ...parts }: SideParts): GitHubSide {
  const checkpoint = (number: number) => readCheckpoint(checkpoints, number);
  return {
    ...parts,
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
  };
}
