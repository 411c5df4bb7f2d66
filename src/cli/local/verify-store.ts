import { createPublicKey } from 'node:crypto';
import type { Head } from '../../core/audit/event.ts';
import { Made } from '../../core/audit/made.ts';
import type { Seal } from '../../core/audit/seal.ts';
import { type HeadFile, type LoggedEvent, type LogReport, LogVerifier } from '../../core/audit/verify.ts';
import { listAgentRows } from '../../store/audit-rows.ts';
import type { Database } from '../../store/database.ts';
import { listEventsAfter, listSeals } from '../../store/events.ts';
import { getHead } from '../../store/installation.ts';
import { ArchivedDetails } from './archived-details.ts';
import { openLog } from './open-log.ts';
import type { Place } from './place.ts';
import { verifyAccess } from './verify-access.ts';
import { verifyGitHub } from './verify-github.ts';
import { verifyRequests } from './verify-requests.ts';

/** What a verification is told; plain values, so that a worker can be. */
export interface VerifyInput {
  place: Place;
  /** PEM of the keys that seals are checked with */
  publicKeys: string[];
  keptSeals: Seal[];
  headFile: HeadFile | null;
}

export interface VerifyProgress {
  done: number;
  total: number;
  what: 'events' | 'requests';
}

const pageSize = 2_000;

/**
 * Verifies the log of a place, then the tables against it. What a running Gaia adds meanwhile is left out of the chain's
 * verification: it goes up to where the log ended when this began.
 */
export async function verifyStore(
  { place, publicKeys, keptSeals, headFile }: VerifyInput,
  report: (progress: VerifyProgress) => void,
): Promise<LogReport> {
  const db = await openLog(place);
  try {
    const agents = await listAgentRows(db.read);
    const head = await getHead(db.read);
    const verifier = new LogVerifier({
      publicKeys: publicKeys.map((pem) => createPublicKey(pem)),
      keptSeals,
      headFile: headFile ?? undefined,
    });
    const archived = await ArchivedDetails.of(place.home);
    const made = await verifyChain(db, archived, verifier, head, (done) =>
      report({ done, total: head.seq, what: 'events' }),
    );
    for (const fault of archived.faults) verifier.note(fault);
    await noteEventsBeyondHead(db, verifier);
    const faults = await verifyRequests(db, made.requests, (done) =>
      report({ done, total: made.requests.size, what: 'requests' }),
    );
    const rest = [...(await verifyAccess(db, made, agents)), ...(await verifyGitHub(db, made))];
    for (const fault of [...faults, ...rest]) verifier.note(fault);
    return verifier.finish({ headRow: head, sealsBeyond: await sealsBeyondEnd(db, head) });
  } finally {
    await db.close();
  }
}

/** Feeds the log up to `head`, by pages; answers the records that it says were made. */
async function verifyChain(
  db: Database,
  archived: ArchivedDetails,
  verifier: LogVerifier,
  head: Head,
  report: (done: number) => void,
): Promise<Made> {
  const made = new Made();
  let after = 0;
  for (;;) {
    const found = await listEventsAfter(db.read, after, pageSize);
    const events: LoggedEvent[] = [];
    for (const event of found) if (event.seq <= head.seq) events.push(await archived.fill(event));
    const last = events.at(-1);
    if (last === undefined) return made;
    verifier.add(events, await listSeals(db.read, { after, upTo: last.seq, limit: pageSize }));
    for (const event of events) made.note(event);
    after = last.seq;
    report(after);
  }
}

/** Events behind the head row are not Gaia's: it moves the head with every event it appends. */
async function noteEventsBeyondHead(db: Database, verifier: LogVerifier): Promise<void> {
  const head = await getHead(db.read);
  const [beyond] = await listEventsAfter(db.read, head.seq, 1);
  const still = await getHead(db.read);
  if (beyond === undefined || still.seq !== head.seq) return;
  verifier.note({
    code: 'head_disagrees',
    seq: beyond.seq,
    message: `Event ${beyond.seq} stands after the head of the log (${head.seq}): it was put in beside Gaia.`,
  });
}

/** Seals of events behind the end, unless the log has grown there meanwhile. */
async function sealsBeyondEnd(db: Database, head: Head): Promise<Seal[]> {
  const beyond = await listSeals(db.read, { after: head.seq, upTo: Number.MAX_SAFE_INTEGER, limit: pageSize });
  const now = await getHead(db.read);
  return beyond.filter(({ seq }) => seq > now.seq);
}
