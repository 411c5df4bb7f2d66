import type { Report, Told } from './check-requests.ts';
import type { Row } from './snapshot.ts';

/** What else stands in the store about a changeset. */
export interface Ledger {
  intents: readonly Row[];
  /** by intent */
  attempts: ReadonlyMap<string, readonly Row[]>;
  /** the events of another subject */
  toldOf(subject: string): Told[];
}

interface Approved {
  run: { id: string; epoch: number; headSha: string } | null;
  operations: { op: string; key: string; payloadHash: string }[];
}

type State = 'recorded' | 'sent' | 'done' | 'rejected' | 'unknown';

/** I1, I2, I6 and I9 for what was written to GitHub: each operation's life, told again from its events. */
export function checkChangeset(request: Row, ledger: Ledger, told: readonly Told[], report: Report): void {
  if (request.effect === null) {
    if (ledger.intents.length > 0) report('I2', 'it has intents and nothing that was approved');
    return;
  }
  const { run, operations } = (JSON.parse(request.effect as string) as { changeset: Approved }).changeset;
  const begun = told.find(({ action }) => action === 'execution.started');
  if (ledger.intents.length !== (begun ? operations.length : 0))
    report(
      'I6',
      `it has ${ledger.intents.length} intents of ${operations.length} operations, ${begun ? '' : 'not '}begun`,
    );
  for (const intent of ledger.intents) {
    const own = told.filter(({ detail }) => detail.place === intent.place);
    const which = `operation ${intent.place}`;
    const approved = operations[intent.place as number];
    const recorded = own.filter(({ action }) => action === 'intent.recorded');
    if (recorded.length !== 1 || recorded[0]?.detail.key !== intent.key)
      report('I6', `${which} was recorded ${recorded.length}×, its row has another key than the log`);
    if (approved?.key !== intent.key || approved?.payloadHash !== intent.payload_hash || approved?.op !== intent.op)
      report('I9', `${which} is not what was approved`);
    checkAttempts(intent, ledger.attempts.get(intent.id as string) ?? [], own, report);
    checkOrder(intent, told, report);
    const state = stateOf(own, (seq, was) => report('I1', `event ${seq} sends ${which}, which was ${was}`));
    if (state !== intent.state) report('I6', `the row of ${which} says ${intent.state}, its events say ${state}`);
    if (run && isGated(intent.op as string)) checkGates(run, which, own, ledger.toldOf(`run:${run.id}`), report);
  }
  const isAllDone = ledger.intents.every(({ state }) => state === 'done');
  if (begun && request.state === 'executed' && !isAllDone) report('I6', 'it is executed, and not all of it is done');
}

/** A row a try; what was sent was recorded as about to be sent. */
function checkAttempts(intent: Row, attempts: readonly Row[], own: readonly Told[], report: Report): void {
  const which = `operation ${intent.place}`;
  const at = (action: string) => own.filter((event) => event.action === action);
  const [started, finished] = [at('attempt.started'), at('attempt.finished')];
  if (started.length !== attempts.length)
    report('I6', `${which} has ${attempts.length} rows of attempts, and the log tells of ${started.length}`);
  const open = attempts.filter(({ outcome }) => outcome === 'sent').length;
  if (finished.length + open !== started.length)
    report('I6', `of ${started.length} attempts of ${which}, ${finished.length} ended and ${open} are open`);
  for (const [place, { outcome, payload_hash }] of attempts.entries()) {
    if (payload_hash !== intent.payload_hash) report('I9', `an attempt of ${which} sent something else`);
    if (outcome !== 'sent' && finished[place]?.detail.outcome !== outcome)
      report(
        'I6',
        `attempt ${place + 1} of ${which} ended ${outcome}, the log says ${finished[place]?.detail.outcome}`,
      );
  }
}

/** An operation is sent only when every one before it is there. */
function checkOrder(intent: Row, told: readonly Told[], report: Report): void {
  const first = told.find(({ action, detail }) => action === 'attempt.started' && detail.place === intent.place);
  if (first === undefined) return;
  for (let place = 0; place < (intent.place as number); place++) {
    const before = told.filter(({ seq, detail }) => seq < first.seq && detail.place === place);
    const state = stateOf(before, () => undefined);
    if (state !== 'done') report('I1', `operation ${intent.place} was sent while operation ${place} was ${state}`);
  }
}

const afterAttempt: Readonly<Record<string, State>> = {
  done: 'done',
  rejected: 'rejected',
  unknown: 'unknown',
  deferred: 'recorded',
};

/** Where its events lead an intent. Only what is recorded is sent: never what is on its way, lost or over. */
function stateOf(own: readonly Told[], sentTwice: (seq: number, was: string) => void): State | undefined {
  let state: State | undefined;
  for (const { action, detail, seq } of own) {
    if (action === 'attempt.started') {
      if (state !== 'recorded') sentTwice(seq, String(state));
      state = 'sent';
    } else if (action === 'attempt.finished') state = afterAttempt[String(detail.outcome)];
    else if (action === 'intent.recorded' || action === 'intent.resent') state = 'recorded';
    else if (action === 'intent.adopted') state = 'done';
    else if (action === 'intent.rejected') state = 'rejected';
    else if (action === 'intent.resolved') state = detail.verdict === 'executed' ? 'done' : 'rejected';
    else if (action === 'execution.unknown') state = 'unknown';
  }
  return state;
}

/** What always rests on both gates. */
const isGated = (op: string): boolean => /^(pr|review_comment)\./.test(op);

/** I2: both gates had passed in the run's epoch, for its commit, before anything that rests on them was sent. */
function checkGates(
  { epoch, headSha }: NonNullable<Approved['run']>,
  which: string,
  own: readonly Told[],
  toldOfRun: readonly Told[],
  report: Report,
): void {
  for (const { seq } of own.filter(({ action }) => action === 'attempt.started'))
    for (const gate of ['verification', 'internal_review']) {
      const verdict = toldOfRun.findLast(
        (event) => event.seq < seq && event.action === 'gate.recorded' && event.detail.gate === gate,
      )?.detail;
      if (verdict?.verdict !== 'PASS' || verdict.epoch !== epoch || verdict.headSha !== headSha)
        report('I2', `event ${seq} sends ${which}, and ${gate} had not passed for ${headSha.slice(0, 12)}`);
    }
}
