import { policyDigest } from '../policy/policy.ts';
import { disagreements, type Saying, said, toldBy, unrecorded } from './told.ts';
import type { LogFault, LoggedEvent } from './verify.ts';

export interface StoredPolicy {
  digest: string;
  text: string;
  loadedAt: number;
  loadedBy: string;
}

/** Compares a policy that was in force with its digest, and with the last event that put it in force. */
export function verifyPolicy(policy: StoredPolicy, events: readonly LoggedEvent[]): LogFault[] {
  const name = `Policy ${policy.digest.slice(0, 12)}`;
  const loaded = toldBy(events).findLast(({ action }) => action === 'policy.loaded');
  if (loaded === undefined) return [unrecorded(name)];
  return disagreements(name, loaded.seq, {
    text: [policyDigest(policy.text), policy.digest],
    digest: [policy.digest, said(loaded, 'digest')],
    'time it was loaded': [policy.loadedAt, said(loaded, 'loadedAt')],
    'who loaded it': [policy.loadedBy, loaded.actor],
  });
}

export interface StoredInstallation {
  generation: number;
  pausedAt: number | null;
  pausedBy: string | null;
  pauseReason: string | null;
  acceptanceReason: string | null;
}

/** Compares the installation's one row with what pauses, resumptions and acceptances lead to. */
export function verifyInstallation(stored: StoredInstallation, events: readonly LoggedEvent[]): LogFault[] {
  const notPaused = { pausedAt: null, pausedBy: null, pauseReason: null };
  let logged: Record<keyof StoredInstallation, Saying> = { ...notPaused, generation: 1, acceptanceReason: null };
  let seq: number | null = null;
  for (const event of toldBy(events)) {
    if (event.action === 'system.paused')
      logged = {
        ...logged,
        pausedAt: said(event, 'pausedAt'),
        pausedBy: event.actor,
        pauseReason: said(event, 'reason'),
      };
    else if (event.action === 'system.resumed')
      logged = { ...logged, ...notPaused, acceptanceReason: null, generation: said(event, 'generation') };
    else if (event.action === 'store.restored') logged = { ...logged, acceptanceReason: said(event, 'because') };
    else continue;
    seq = event.seq;
  }
  return disagreements('The installation', seq, {
    generation: [stored.generation, logged.generation],
    'time it was paused': [stored.pausedAt, logged.pausedAt],
    'who paused it': [stored.pausedBy, logged.pausedBy],
    'reason of the pause': [stored.pauseReason, logged.pauseReason],
    'reason it must be accepted': [stored.acceptanceReason, logged.acceptanceReason],
  });
}
