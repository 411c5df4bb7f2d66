import type { Ended, Executor, Handover, Held, Sighting } from '../../src/actions/executor.ts';
import type { ResolvedCommand } from '../../src/core/command/command.ts';
import type { Isolation } from '../../src/core/command/sandbox.ts';
import { conflict } from '../../src/core/errors.ts';

interface OnDisk {
  latch?: 'supervisor' | 'recovery';
  startedAt: number;
  ended?: Ended;
  lost: boolean;
  stopped: number;
}

/** A command of the double that ran: exactly what was handed over. */
export interface Run {
  id: string;
  command: ResolvedCommand;
  handover: Handover;
}

const nothing: Omit<Ended, 'how' | 'exitCode'> = {
  signal: null,
  error: null,
  stdout: '',
  stderr: '',
  truncated: false,
  durationMs: 5,
  changedDuringRun: [],
};

/** Stands in for the executor: it keeps the real one's promises about latches and holds, and runs nothing. */
export function anExecutor(now: () => number, isolation: Isolation = 'bwrap') {
  const disk = new Map<string, OnDisk>();
  const held = new Set<string>();
  const runs: Run[] = [];
  let refusesToHold: string | undefined;
  let breaks: { at: 'before_latch' | 'after_latch'; error: Error } | undefined;
  let fault: string | undefined;
  let masks: string[] = [];
  const at = (id: string): OnDisk => {
    const found = disk.get(id) ?? { startedAt: 0, lost: false, stopped: 0 };
    disk.set(id, found);
    return found;
  };
  const executor: Executor = {
    isolation,
    place: 'the disk of the double',
    async setMasks(paths) {
      masks = [...paths];
    },
    async hold(id, command) {
      if (refusesToHold !== undefined)
        throw conflict(refusesToHold, { reason: 'effect_changed', remedy: 'Ask again.' });
      if (disk.get(id)?.latch) throw new Error(`${id} was started before`);
      at(id);
      held.add(id);
      return { id, command };
    },
    async release({ id }: Held) {
      held.delete(id);
      disk.delete(id);
    },
    async start(of, handover) {
      const { id, command } = of;
      if (!held.delete(id)) throw new Error(`${id} is not held`);
      const failure = breaks;
      breaks = undefined;
      if (failure?.at === 'before_latch') throw failure.error;
      if (at(id).latch) return; // taken by a recovery: the supervisor starts nothing
      Object.assign(at(id), { latch: 'supervisor', startedAt: now() });
      runs.push({ id, command, handover });
      if (failure) throw failure.error;
    },
    async directoryFault() {
      return fault;
    },
    async look(id): Promise<Sighting> {
      const found = disk.get(id);
      if (!found) return { kind: 'gone' };
      if (!found.latch) return { kind: 'absent' };
      if (found.latch === 'recovery') return { kind: 'never_started' };
      if (found.ended) return { kind: 'ended', ended: found.ended };
      return found.lost ? { kind: 'lost' } : { kind: 'running', startedAt: found.startedAt };
    },
    async claim(id) {
      if (at(id).latch) return at(id).latch === 'recovery';
      at(id).latch = 'recovery';
      return true;
    },
    async stop(id) {
      at(id).stopped++;
    },
    async live() {
      return { stdout: { text: 'so far\n', end: 7 }, stderr: { text: '', end: 0 } };
    },
    async forget(id) {
      disk.delete(id);
    },
    async list() {
      return [...disk.keys()];
    },
  };
  return {
    executor,
    runs,
    /** ids that were taken in hand and neither started nor let go */
    held: () => [...held],
    onDisk: () => [...disk.keys()],
    /** what no command sees beside what it was opened with */
    masks: () => masks,
    loses: (id: string) => disk.delete(id),
    stops: (id: string) => disk.get(id)?.stopped ?? 0,
    ends: (id: string, how: Partial<Ended> = {}) => {
      at(id).ended = { ...nothing, how: 'exited', exitCode: 0, ...how };
    },
    losesItsSupervisor: (id: string) => {
      at(id).lost = true;
    },
    findsChanged: (what: string) => {
      refusesToHold = what;
    },
    breaksOnce: (when: 'before_latch' | 'after_latch', error: Error) => {
      breaks = { at: when, error };
    },
    findsFault: (what: string) => {
      fault = what;
    },
    /** what a crash of Gaia leaves: nothing is in hand any more */
    crash: () => held.clear(),
  };
}
