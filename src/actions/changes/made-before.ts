import { type Failure, RemoteFailure } from '../../core/change/failure.ts';
import { addingOperations } from '../../core/change/operations.ts';
import type { Written } from '../../core/change/states.ts';
import { findDoneBefore } from '../../store/intents.ts';
import type { App } from '../app.ts';
import type { Transport } from './port.ts';
import type { Turn } from './settling.ts';

/** What the ledger knows of an earlier write under the same key. */
export interface MadeBefore {
  requestId: string;
  written: Written;
  /** with the very same content; only the comment of an epoch has a key that leaves its words out */
  isSame: boolean;
}

/**
 * What an earlier changeset made under the key of this write, where it is still there. It is looked at by its own name: a list
 * may be behind what was just written. What a person said is there is taken to be there.
 */
export async function madeBefore(app: App, { intent, operation, changeset }: Turn): Promise<MadeBefore | undefined> {
  if (!addingOperations.includes(operation.op)) return undefined;
  const before = await findDoneBefore(app.db.read, intent);
  if (before === undefined) return undefined;
  const written = before.written ?? { id: null, number: null, url: null };
  const { target } = changeset;
  const name = target.kind === 'repo' ? target.repo : target.project;
  if (!(await isThere(app.github.transport, operation.op, name, written))) return undefined;
  return { requestId: before.requestId, written, isSame: before.payloadHash === intent.payloadHash };
}

async function isThere(transport: Transport, op: string, target: string, { id, number }: Written): Promise<boolean> {
  try {
    if (op === 'pr.create' && number !== null) await transport.pull(target, number);
    else if (op === 'issue.create' && number !== null) await transport.issue(target, number);
    else if (op.startsWith('project.') && id !== null) await transport.item(target, id);
    else if (op.endsWith('comment.create') && id !== null) await transport.comment(target, id);
    return true;
  } catch (error) {
    const code: Failure['code'] | undefined = error instanceof RemoteFailure ? error.failure.code : undefined;
    if (code === 'not_found') return false;
    throw error;
  }
}
