import { createHash } from 'node:crypto';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupNote } from './backup-files.ts';
import { errnoOf, fileError } from './file-errors.ts';
import { homeAt } from './home.ts';

/** The policy file as a backup has it. */
export interface KeptPolicy {
  /** where it lay */
  from: string;
  /** its name in the backup: `policy.yaml`, or `policy-file.yaml` where it lay outside the data directory */
  file: string;
  sha256: string;
}

/** Copies the policy file into a backup; nothing where there is none, and the built-in policy is in force. */
export async function keepPolicy(policyFile: string, home: string, backup: string): Promise<KeptPolicy | undefined> {
  const bytes = await read(policyFile).catch((error: unknown) => {
    throw fileError(error, `copy the policy ${policyFile}`);
  });
  if (bytes === undefined) return undefined;
  const file = (await isOfHome(policyFile, home)) ? 'policy.yaml' : 'policy-file.yaml';
  await writeFile(join(backup, file), bytes, { mode: 0o600 });
  return { from: policyFile, file, sha256: digestOf(bytes) };
}

/** Whether a backup still has the policy that its note tells of. */
export async function hasPolicyOf({ path, note }: { path: string; note: BackupNote }): Promise<boolean> {
  if (!note.policy) return true;
  const bytes = await read(join(path, note.policy.file));
  return bytes !== undefined && digestOf(bytes) === note.policy.sha256;
}

/**
 * What a person has to do about the policy after a restore: one that lay outside the data directory is theirs, so it is
 * left as it is, whatever it says now.
 */
export async function policyToCompare({ path, note: { policy } }: { path: string; note: BackupNote }) {
  if (policy?.file !== 'policy-file.yaml') return undefined;
  const present = await read(policy.from);
  return {
    from: policy.from,
    copy: join(path, policy.file),
    isSame: present !== undefined && digestOf(present) === policy.sha256,
  };
}

/** Whether it is the `policy.yaml` of the data directory, which a restore puts back where none is. */
export async function isOfHome(policyFile: string, home: string): Promise<boolean> {
  const own = homeAt(home).policy;
  if (policyFile === own) return true;
  const [named, ofHome] = await Promise.all([policyFile, own].map(realPath));
  return named !== undefined && named === ofHome;
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const orNothing = (error: unknown): undefined => {
  if (errnoOf(error) !== 'ENOENT') throw error;
};
const read = (path: string): Promise<Buffer | undefined> => readFile(path).catch(orNothing);
const realPath = (path: string): Promise<string | undefined> => realpath(path).catch(orNothing);
