import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogReport } from '../../core/audit/verify.ts';
import type { BackupNote } from '../../home/backup-files.ts';
import { isPublicKey } from '../../home/public-keys.ts';
import { inWorker } from '../../store/in-worker.ts';
import type { VerifyInput, VerifyProgress } from './verify-store.ts';

/** Verifies the whole log of a backup with the public keys that lie beside it. */
export function verifyBackupStore({ path, note }: { path: string; note: BackupNote }): Promise<LogReport> {
  const keys = readdirSync(path)
    .filter((name) => name.endsWith('.pub'))
    .map((name) => readFileSync(join(path, name), 'utf8'))
    .filter(isPublicKey);
  const input: VerifyInput = {
    place: { home: path },
    publicKeys: keys,
    keptSeals: [],
    headFile: { generation: note.generation, seq: note.seq, hash: note.hash },
  };
  return inWorker<VerifyInput, LogReport, VerifyProgress>(new URL('./verify.worker.ts', import.meta.url), input);
}
