import { digestOf } from './check-log.ts';
import type { Report, Told } from './check-requests.ts';
import type { Violation } from './proof.ts';
import { grouped, type Row, type Snapshot } from './snapshot.ts';

/** Commands that one Gaia runs at once. */
const runningMost = 4;

/** A start has its row and its event, an end follows a start, and what came of it is what was hashed. */
export function checkExecution(request: Row, rows: readonly Row[], told: readonly Told[], report: Report): void {
  checkOutcome(request, told, report);
  if (request.kind === 'changeset') return; // the ledger has its attempts
  const at = (action: string) => told.filter((event) => event.action === action);
  const [started] = at('execution.started');
  const [row] = rows;
  if (rows.length !== at('execution.started').length)
    report('I6', `it has ${rows.length} rows of executions and was started ${at('execution.started').length}×`);
  for (const action of ['execution.unknown', 'execution.stopping', 'execution.resolved']) {
    if (at(action).length > 1) report('I6', `${action} is told ${at(action).length}×`);
    if (at(action).some(({ seq }) => seq < (started?.seq ?? Number.POSITIVE_INFINITY)))
      report('I6', `${action} is told of what was not started`);
  }
  if (at('execution.resolved').length > 0 && at('execution.unknown').length === 0)
    report('I5', 'it was resolved and had never been unknown');
  for (const { detail } of at('execution.resolved').concat(at('execution.unknown'), at('execution.stopping')))
    if (detail.digest !== request.digest) report('I9', 'what was noted of its execution names another digest');
  if (!row || !started) return;
  if (row.effect_digest !== request.effect_digest) report('I9', 'its execution is of another effect');
  const isOver = ['executed', 'failed'].includes(request.state as string);
  if (isOver !== (row.settled_at !== null))
    report('I6', `it is ${request.state}, its execution settled at ${row.settled_at}`);
  if ((row.stop_asked_at !== null) !== at('execution.stopping').length > 0)
    report('I6', `its row says that a stop was asked for at ${row.stop_asked_at}, the log otherwise`);
}

/** What came of it, as it stands in the row, is what the log has the digest of. */
function checkOutcome(request: Row, told: readonly Told[], report: Report): void {
  const ends = told.filter(({ action }) => action === 'execution.finished' || action === 'execution.reported');
  if (ends.length > 1) report('I1', `it has ${ends.length} outcomes`);
  const [end] = ends;
  if ((request.outcome !== null) !== (end !== undefined))
    report('I6', `its row has ${request.outcome === null ? 'no' : 'an'} outcome, the log otherwise`);
  if (!end || request.outcome === null) return;
  if (digestOf('outcome', JSON.parse(request.outcome as string)) !== end.detail.outcomeDigest)
    report('I9', 'its outcome is not the one that was recorded');
  if (end.detail.digest !== request.digest) report('I9', 'its outcome names another digest');
}

/** I1: equal effects one after the other, few at once, in the order of the log. */
export function checkConcurrency({ events, executions }: Snapshot): Violation[] {
  const found: Violation[] = [];
  const byId = new Map(executions.map((row) => [`request:${row.request_id}`, row]));
  const open = new Map<string, Row>();
  const running = new Set<string>();
  for (const { action, subject, seq } of events) {
    const row = byId.get(subject as string);
    if (row === undefined) continue;
    if (action === 'execution.started') {
      for (const [other, { effect_digest }] of open)
        if (effect_digest === row.effect_digest)
          found.push({ invariant: 'I1', message: `event ${seq} starts ${subject} while the equal ${other} is open` });
      open.set(subject as string, row);
      running.add(subject as string);
      if ([...running].filter((each) => byId.get(each)?.place === row.place).length > runningMost)
        found.push({ invariant: 'I1', message: `event ${seq} starts one more than ${runningMost} at once` });
    }
    if (['execution.unknown', 'execution.finished', 'execution.resolved'].includes(action as string))
      running.delete(subject as string);
    if (['execution.finished', 'execution.resolved'].includes(action as string)) open.delete(subject as string);
  }
  return found;
}

/** I1, from outside: what ran had been started, once each; what is said to have run did, and nothing else. */
export function checkRuns({ requests, events }: Snapshot, runs: readonly string[]): Violation[] {
  const found: Violation[] = [];
  const report = (message: string) => found.push({ invariant: 'I1', message });
  const began = new Map<string, number>();
  for (const word of runs) began.set(word, (began.get(word) ?? 0) + 1);
  const started = new Set(
    events.filter(({ action }) => action === 'execution.started').map(({ subject }) => subject as string),
  );
  const byWord = grouped(
    requests.flatMap((request) =>
      wordOf(request) === undefined ? [] : [{ ...request, word: wordOf(request) as string }],
    ),
    'word',
  );
  for (const [word, times] of began) if (!byWord.has(word)) report(`${word} ran ${times}× and nobody asked for it`);
  for (const [word, rows] of byWord) {
    const were = rows.filter(({ id, end_code }) => started.has(`request:${id}`) && end_code !== 'not_startable');
    const ran = were.filter(({ outcome }) => outcome !== null);
    const times = began.get(word) ?? 0;
    const ids = rows.map(({ id, state, end_code }) => `${id} ${state} ${end_code ?? ''}`).join(', ');
    if (times > were.length) report(`${word} ran ${times}×, was started ${were.length}× (${ids})`);
    if (times < ran.length) report(`${word} ran ${times}×, its record says ${ran.length}× (${ids})`);
  }
  return found;
}

/** The second word of what a request runs for real. */
function wordOf({ effect, mode }: Row): string | undefined {
  if (effect === null || mode !== 'real') return undefined;
  return (JSON.parse(effect as string) as { command?: { argv: string[] } }).command?.argv[1];
}
