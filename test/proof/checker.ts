import { checkConcurrency, checkRuns } from './check-executions.ts';
import { checkLog } from './check-log.ts';
import { checkRequests, endStates } from './check-requests.ts';
import type { Violation } from './proof.ts';
import type { Row, Snapshot } from './snapshot.ts';
import type { Witness } from './witness.ts';

export interface Expectations {
  /** ids of the people who may approve at all */
  approvers: readonly string[];
  /** what clients outside Gaia saw */
  witnesses?: readonly Witness[];
  /** nothing may be open any more */
  settled?: boolean;
  /** texts that were planted as secrets */
  planted?: readonly string[];
  /** texts from elsewhere in which nothing planted may stand: what the process printed */
  printed?: readonly string[];
  /** what commands wrote outside Gaia when they began: the second word of their argv, one line a run */
  runs?: readonly string[];
  /** Gaia was stopped in order: nothing temporary may be left in its directory */
  stopped?: boolean;
}

/** Holds every invariant against a finished store and what was seen from outside. Empty: all of them hold. */
export function check(snapshot: Snapshot, expected: Expectations): Violation[] {
  const byId = new Map(snapshot.requests.map((request) => [request.id as string, request]));
  return [
    ...checkLog(snapshot),
    ...checkRequests(snapshot, expected.approvers),
    ...checkWitnesses(snapshot, byId, expected.witnesses ?? []),
    ...checkDeliveries(snapshot),
    ...checkConcurrency(snapshot),
    ...(expected.runs ? checkRuns(snapshot, expected.runs) : []),
    ...(expected.settled ? checkSettled(snapshot) : []),
    ...checkPlanted(snapshot, expected),
    ...snapshot.damage.map((message) => ({ invariant: 'I11', message })),
    ...(expected.stopped ? checkLeftovers(snapshot, expected) : []),
  ];
}

/** I3, I4, I5, I9 from outside: what was answered is what is stored. */
function checkWitnesses(
  snapshot: Snapshot,
  byId: ReadonlyMap<string, Row>,
  witnesses: readonly Witness[],
): Violation[] {
  const found: Violation[] = [];
  const report = (invariant: string, message: string) => found.push({ invariant, message });
  const recorded = new Map<string, number>();
  for (const { action, subject, detail } of snapshot.events) {
    if (action !== 'decision.recorded') continue;
    const { person, verdict, digest } = JSON.parse(detail as string) as Record<string, string>;
    const key = `${subject} ${person} ${verdict} ${digest}`;
    recorded.set(key, (recorded.get(key) ?? 0) + 1);
  }
  const acknowledged = new Map<string, number>();
  const possible = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { act, status, requestId, person, verdict, digest, state, repeated, toConfirm, argv } of witnesses) {
    const answered = status >= 200 && status < 300;
    if (act === 'decide' && person !== undefined) {
      const key = `request:${requestId} ${person} ${verdict} ${digest}`;
      if (answered && !repeated && !toConfirm) add(acknowledged, key);
      if ((answered && !repeated && !toConfirm) || status === 0 || status >= 500) add(possible, key);
    }
    if (!answered || requestId === undefined) continue;
    const request = byId.get(requestId);
    if (request === undefined) {
      report('I4', `${requestId} was answered to a ${act} with ${status} and is not stored`);
      continue;
    }
    if (act === 'withdraw' && request.state !== 'withdrawn')
      report('I4', `${requestId} was answered as withdrawn and is ${request.state}`);
    if (state !== undefined && endStates.includes(state) && request.state !== state) {
      report('I5', `${requestId} was answered as ${state}, an end, and is ${request.state}`);
    }
    if (state === 'approved' && ['pending', 'denied', 'answered', 'blocked'].includes(request.state as string)) {
      report('I5', `${requestId} was answered as approved and is ${request.state}`);
    }
    if (act !== 'decide' && digest !== undefined && request.digest !== digest)
      report('I9', `${requestId} was shown with another digest than it has`);
    if (argv !== undefined && request.effect !== null) {
      const { command } = JSON.parse(request.effect as string) as { command?: { argv: string[] } };
      if (JSON.stringify(command?.argv) !== JSON.stringify(argv))
        report('I9', `${requestId} holds another argv than was asked for`);
    }
  }
  for (const [key, times] of acknowledged) {
    if ((recorded.get(key) ?? 0) < times)
      report('I3', `${key} was answered as recorded ${times}×, the log has it ${recorded.get(key) ?? 0}×`);
  }
  if (witnesses.some(({ act }) => act === 'decide')) {
    for (const [key, times] of recorded) {
      if ((possible.get(key) ?? 0) < times)
        report('I3', `${key} is recorded ${times}×, but was sent and not refused only ${possible.get(key) ?? 0}×`);
    }
  }
  return found;
}

const openDeliveries = ['queued', 'sending', 'retrying'];

/** I8: every message that was owed is sent, open, dead or discarded; what died has its event. */
function checkDeliveries({ deliveries, events }: Snapshot): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'I8', message });
  const died = new Set(events.filter(({ action }) => action === 'delivery.died').map(({ subject }) => subject));
  for (const { id, state, attempts, settled_at } of deliveries) {
    if (![...openDeliveries, 'sent', 'dead', 'discarded'].includes(state as string))
      report(`delivery ${id} is ${state}`);
    if (state === 'sent' && (attempts as number) < 1) report(`delivery ${id} is sent and was never tried`);
    if ((attempts as number) > 60) report(`delivery ${id} was tried ${attempts}×`);
    if (openDeliveries.includes(state as string) !== (settled_at === null))
      report(`delivery ${id} is ${state}, settled at ${settled_at}`);
    if ((state === 'dead') !== died.has(`delivery:${id}`))
      report(
        `delivery ${id} is ${state}, the log ${died.has(`delivery:${id}`) ? 'says' : 'does not say'} that it died`,
      );
  }
  return found;
}

const checkSettled = ({ requests }: Snapshot): Violation[] =>
  requests
    .filter(({ state }) => !endStates.includes(state as string))
    .map(({ id, state }) => ({ invariant: 'I4', message: `${id} never came to an end: it is ${state}` }));

/** I10: what was planted as a secret stands in no file of the data directory and in nothing that was printed. */
function checkPlanted({ files }: Snapshot, { planted = [], printed = [] }: Expectations): Violation[] {
  return planted.flatMap((text, index) => [
    ...[...files]
      .filter(([, bytes]) => bytes.includes(text))
      .map(([name]) => ({ invariant: 'I10', message: `the planted secret ${index + 1} stands in ${name}` })),
    ...(printed.some((said) => said.includes(text))
      ? [{ invariant: 'I10', message: `the planted secret ${index + 1} was printed` }]
      : []),
  ]);
}

/** What may stand in a data directory when no Gaia runs on it. */
const belongsHere =
  /^(gaia\.db|gaia\.lock|(admin|agent|seal)\.key|seal(-[0-9a-f]{16})?\.pub|head\.json|policy\.yaml|gaia\.log|alerts\.log|heartbeat|marker\.key|executions\/place|checkpoints\/.*|archive\/.*|events(-\d{4}-\d\d-\d\d(\.\d+)?)?\.ndjson|backups\/.*)$/;

/** What a command needs while it runs; its end is not awaited by a Gaia that stops. */
const belongsToACommand = /^executions\//;

/** I12: nothing temporary is left; where everything has ended, nothing of any command either. */
function checkLeftovers({ files, places = [] }: Snapshot, { settled }: Expectations): Violation[] {
  const left = [...files.keys()].filter(
    (name) => !belongsHere.test(name) && (settled || !belongsToACommand.test(name)),
  );
  return [
    ...left,
    ...(settled ? places.filter((name) => name !== 'place').map((name) => `executions/${name}`) : []),
  ].map((name) => ({
    invariant: 'I12',
    message: `${name} was left behind`,
  }));
}
