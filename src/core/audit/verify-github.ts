import type { Json } from '../canonical.ts';
import { gateNames, gateVerdicts, moveOf, type RunState, runAfter } from '../change/run.ts';
import type { IntentState } from '../change/states.ts';
import { disagreements, parsedOrNothing, type Saying, said, type Told, toldBy, unrecorded } from './told.ts';
import type { LogFault, LoggedEvent } from './verify.ts';

/** A run's row. */
export interface StoredRun {
  id: string;
  state: string;
  epoch: number;
  workspace: string;
  remote: string;
  repo: string;
  head: string;
  base: string;
  headSha: string | null;
  startedBy: string;
  createdAt: number;
  endText: string | null;
}

/** A verdict's row; its artifacts as the text that is stored. */
export interface StoredGate {
  gate: string;
  epoch: number;
  verdict: string;
  headSha: string;
  artifacts: string;
  recordedBy: string;
  recordedAt: number;
}

/** An intent's row; what it made as the text that is stored. */
export interface StoredIntent {
  id: string;
  requestId: string;
  place: number;
  op: string;
  key: string;
  payloadHash: string;
  state: string;
  written: string | null;
}

/** Compares a run and its verdicts, in their order, with the events about it. */
export function verifyRun(run: StoredRun, gates: readonly StoredGate[], events: readonly LoggedEvent[]): LogFault[] {
  const told = toldBy(events);
  const started = told.find(({ action }) => action === 'run.started');
  if (started === undefined) return [unrecorded(`Run ${run.id}`)];
  const entered = told.findLast(({ action }) => action === 'run.verification_entered');
  const failed = told.find(({ action }) => action === 'run.failed');
  const recorded = told.filter(({ action }) => action === 'gate.recorded');
  return [
    ...disagreements(`Run ${run.id}`, told.at(-1)?.seq ?? started.seq, {
      state: [run.state, stateOf(told)],
      epoch: [run.epoch, entered ? said(entered, 'epoch') : 0],
      commit: [run.headSha, said(entered, 'headSha')],
      workspace: [run.workspace, said(started, 'workspace')],
      remote: [run.remote, said(started, 'remote')],
      repository: [run.repo, said(started, 'repo')],
      head: [run.head, said(started, 'head')],
      base: [run.base, said(started, 'base')],
      'who started it': [run.startedBy, started.actor],
      'time it was started': [run.createdAt, said(started, 'createdAt')],
      'why it ended': [run.endText, said(failed, 'reason')],
      'number of verdicts': [gates.length, recorded.length],
    }),
    ...gates.flatMap((gate, place) => {
      const event = recorded[place];
      const name = `Verdict ${place + 1} (${gate.gate}, epoch ${gate.epoch}) of run ${run.id}`;
      if (event === undefined) return [unrecorded(name)];
      return disagreements(name, event.seq, {
        gate: [gate.gate, said(event, 'gate')],
        verdict: [gate.verdict, said(event, 'verdict')],
        epoch: [gate.epoch, said(event, 'epoch')],
        commit: [gate.headSha, said(event, 'headSha')],
        evidence: [parsedOrNothing(gate.artifacts) ?? null, said(event, 'artifacts')],
        'who recorded it': [gate.recordedBy, event.actor],
        'time it was recorded': [gate.recordedAt, said(event, 'recordedAt')],
      });
    }),
  ];
}

/** Where the events lead a run; undefined where details that tell it were dropped. */
function stateOf(told: readonly Told[]): Saying {
  let state: RunState | undefined = 'running';
  for (const event of told) {
    if (state === undefined) return undefined;
    if (event.action === 'run.verification_entered') state = runAfter('verify', state);
    else if (event.action === 'run.failed') state = runAfter('fail', state);
    else if (event.action === 'run.handed_off') state = runAfter('hand_off', state);
    else if (event.action === 'gate.recorded') {
      const gate = gateNames.find((name) => name === event.detail?.gate);
      const verdict = gateVerdicts.find((name) => name === event.detail?.verdict);
      state = gate && verdict && runAfter(moveOf(gate, verdict), state);
    }
  }
  return state;
}

/** Compares an intent with the events about its request that name its place. */
export function verifyIntent(intent: StoredIntent, events: readonly LoggedEvent[]): LogFault[] {
  const name = `Intent ${intent.place + 1} of request ${intent.requestId}`;
  const told = toldBy(events).filter(({ action }) => action.startsWith('intent.') || action.startsWith('attempt.'));
  const wasDropped = told.some(({ detail }) => detail === undefined);
  const own = told.filter(({ detail }) => detail?.place === intent.place);
  const recorded = own.find(({ action }) => action === 'intent.recorded');
  if (recorded === undefined) return wasDropped ? [] : [unrecorded(name)];
  const moving = own.filter((event) => stateAfter(event) !== undefined);
  const last = moving.at(-1);
  const made = last && 'written' in (last.detail ?? {}) ? (last.detail?.written as Json) : undefined;
  return disagreements(name, last?.seq ?? recorded.seq, {
    operation: [intent.op, said(recorded, 'op')],
    key: [intent.key, said(recorded, 'key')],
    payload: [intent.payloadHash, said(recorded, 'payloadHash')],
    state: [intent.state, wasDropped || last === undefined ? undefined : stateAfter(last)],
    'what it made': [parsedOrNothing(intent.written) ?? null, wasDropped ? undefined : made],
  });
}

/** The state an event leaves an intent in; undefined where it moves nothing. */
function stateAfter({ action, detail }: Told): IntentState | undefined {
  switch (action) {
    case 'intent.recorded':
      return detail?.outcome ? 'done' : 'recorded';
    case 'intent.resent':
      return 'recorded';
    case 'intent.adopted':
      return 'done';
    case 'intent.rejected':
      return 'rejected';
    case 'intent.resolved':
      return detail?.verdict === 'executed' ? 'done' : 'rejected';
    case 'attempt.started':
      return 'sent';
    case 'attempt.finished':
      return detail?.outcome === 'deferred' ? 'recorded' : attemptStates.find((state) => state === detail?.outcome);
    default:
      return undefined;
  }
}

const attemptStates: readonly IntentState[] = ['done', 'rejected', 'unknown'];
