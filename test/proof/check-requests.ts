import { checkChangeset } from './check-changesets.ts';
import { checkExecution } from './check-executions.ts';
import { canonicalText, digestOf } from './check-log.ts';
import type { Violation } from './proof.ts';
import { grouped, type Row, type Snapshot } from './snapshot.ts';

/** An event of a request, with its detail. */
export interface Told {
  seq: number;
  action: string;
  actor: string;
  detail: Record<string, unknown>;
}

interface Demand {
  tier: string;
  approvals: number;
  confirm: boolean;
  notOnlyOwner: boolean;
  approvers?: string[];
}

export const endStates = [
  'blocked',
  'denied',
  'answered',
  'expired',
  'withdrawn',
  'executed',
  'failed',
  'released',
  'recorded',
  'stale',
];

/** The state each event leads to, where the event itself names none: a real execution's end does. */
const leadsTo: Record<string, string> = {
  'request.submitted': 'pending',
  'request.blocked': 'blocked',
  'request.approved': 'approved',
  'request.denied': 'denied',
  'request.answered': 'answered',
  'request.expired': 'expired',
  'request.withdrawn': 'withdrawn',
  'request.stale': 'stale',
  'request.failed': 'failed',
  'request.released': 'released',
  'request.recorded': 'recorded',
  'execution.started': 'executing',
  'execution.unknown': 'unknown',
  'execution.finished': 'executed',
  'execution.resolved': 'executed',
};
/** What became of a command is in the event: it may have failed. */
const namesItsState = ['execution.finished', 'execution.resolved'];

/** Each of these is one change of a request's row, one version. */
const changes = [
  'request.joined',
  'request.shown',
  'decision.recorded',
  'request.withdrawn',
  'request.expired',
  'request.stale',
  'request.failed',
  'request.released',
  'request.recorded',
  'execution.started',
  'execution.unknown',
  'execution.finished',
  'execution.resolved',
  'execution.reported',
  'execution.unreported',
];

/** How many joins of one request the log tells. */
const joinsTold = 10;

/** Each of these owes people one card. */
const owesCard = [
  'request.commented',
  'request.submitted',
  'request.blocked',
  'decision.recorded',
  'request.withdrawn',
  'request.expired',
  'request.stale',
  'request.failed',
  'request.released',
  'request.recorded',
  'execution.started',
  'execution.stopping',
  'execution.unknown',
  'execution.finished',
  'execution.resolved',
  'execution.reported',
  'execution.unreported',
];

/** I1, I2, I4, I5, I6 (one event per change), I8, I9 for every request, from its rows and its events alone. */
export function checkRequests(snapshot: Snapshot, approvers: readonly string[]): Violation[] {
  const bySubject = grouped(snapshot.events, 'subject');
  const votes = grouped(snapshot.decisions, 'request_id');
  const permits = grouped(snapshot.permits, 'request_id');
  const executions = grouped(snapshot.executions, 'request_id');
  const intents = grouped(snapshot.intents, 'request_id');
  const attempts = grouped(snapshot.attempts, 'intent_id');
  const cards = grouped(
    snapshot.deliveries.filter((delivery) => delivery.kind === 'card'),
    'subject',
  );
  const known = new Set(snapshot.requests.map((request) => `request:${request.id}`));
  const found: Violation[] = [...bySubject.entries()]
    .filter(
      ([subject, events]) =>
        subject.startsWith('request:') &&
        !known.has(subject) &&
        events.some(({ action }) => action !== 'decision.refused'),
    )
    .map(([subject]) => ({ invariant: 'I6', message: `the log tells of ${subject}, which has no row` }));
  const toldOf = (subject: string): Told[] =>
    (bySubject.get(subject) ?? []).map(
      ({ seq, action, actor, detail }) =>
        ({ seq, action, actor, detail: JSON.parse((detail as string) ?? '{}') }) as Told,
    );
  for (const request of snapshot.requests) {
    const subject = `request:${request.id}`;
    const told = toldOf(subject);
    const report = (invariant: string, message: string) =>
      found.push({ invariant, message: `${request.id}: ${message}` });
    const rows = { votes: votes.get(request.id as string) ?? [], permits: permits.get(request.id as string) ?? [] };
    checkLife(request, told, report);
    checkVotes(request, rows.votes, told, report);
    checkEffect(request, rows.permits, told, approvers, report);
    checkDigests(request, rows, told, report);
    checkExecution(request, executions.get(request.id as string) ?? [], told, report);
    if (request.kind === 'changeset')
      checkChangeset(request, { intents: intents.get(request.id as string) ?? [], attempts, toldOf }, told, report);
    if (request.grant_id !== null) {
      checkGrant(request, told, toldOf(`grant:${request.grant_id}`), approvers, report);
      continue; // allowed in advance: a quiet notice of its use, and no card
    }
    const owed = told.filter(({ action }) => owesCard.includes(action)).length;
    const have = cards.get(subject)?.length ?? 0;
    // A card in a chat is brought up to date by one delivery for several changes; on the terminal each change has its own,
    // and a changeset's each operation too.
    const inAChat = snapshot.cards.some((card) => card.request_id === request.id);
    const isEnough = request.kind === 'changeset' ? owed <= have : owed === have;
    if (inAChat ? owed > 0 && have === 0 : !isEnough) report('I8', `${owed} cards were owed, ${have} were written`);
  }
  return found;
}

export type Report = (invariant: string, message: string) => void;

function checkLife(request: Row, told: readonly Told[], report: Report): void {
  let state = '';
  let reached = 0;
  for (const { action, seq, detail } of told) {
    const next = namesItsState.includes(action) ? (detail.state ?? leadsTo[action]) : leadsTo[action];
    if (typeof next !== 'string') continue;
    if (endStates.includes(state)) report('I5', `it was ${state}, an end, and event ${seq} made it ${next}`);
    if (endStates.includes(next)) reached++;
    state = next;
  }
  if (state !== request.state) report('I6', `its row says ${request.state}, its events say ${state || 'nothing'}`);
  if (endStates.includes(request.state as string)) {
    if (reached !== 1) report('I4', `it reached ${reached} ends`);
    if (request.ended_at === null) report('I4', `it is ${request.state} without an instant of its end`);
  } else if (request.ended_at !== null) report('I4', `it is ${request.state} but has an instant of its end`);
  // Joins past the tenth are counted in the row and not told, so that nobody can flood the log.
  const untold = Math.max(0, (request.joins as number) - joinsTold);
  const version = 1 + told.filter(({ action }) => changes.includes(action)).length + untold;
  if (request.version !== version) report('I6', `its row is version ${request.version}, its events make it ${version}`);
}

function checkVotes(request: Row, votes: readonly Row[], told: readonly Told[], report: Report): void {
  const recorded = new Map<string, Told>();
  for (const event of told.filter(({ action }) => action === 'decision.recorded'))
    recorded.set(String(event.detail.person), event);
  for (const [person, { detail, seq, actor }] of recorded) {
    if (actor !== `person:${person}`) report('I2', `event ${seq} records a decision of ${person} by ${actor}`);
    const row = votes.find((vote) => vote.person_id === person);
    if (!row) report('I3', `the decision of ${person} was recorded and has no row`);
    else if (row.verdict !== detail.verdict || row.digest !== detail.digest)
      report('I6', `the row of ${person}'s decision is not the one that was recorded`);
  }
  for (const vote of votes)
    if (!recorded.has(vote.person_id as string)) report('I6', `a decision of ${vote.person_id} has no event`);
  if (request.state === 'pending' || votes.length === 0) return;
  const verdicts = votes.map((vote) => vote.verdict);
  if (verdicts.includes('deny') && !['denied', 'withdrawn', 'expired'].includes(request.state as string)) {
    report('I2', `someone denied it and it is ${request.state}`);
  }
}

/**
 * What uses up an approval: a start, a rehearsal (finished without a start), a permit handed out, a document recorded. A
 * changeset goes on where a person has an operation of it sent again.
 */
const usesApproval = (told: readonly Told[]): Told[] => {
  const started = told.some(({ action }) => action === 'execution.started');
  const uses = [
    'execution.started',
    'request.released',
    'request.recorded',
    ...(started ? [] : ['execution.finished']),
  ];
  return told.filter(({ action, detail }) => uses.includes(action) && detail.again !== true);
};

/** What was approved was approved by enough allowed people on this digest before; what took effect had its one permit. */
function checkEffect(
  request: Row,
  permits: readonly Row[],
  told: readonly Told[],
  approvers: readonly string[],
  report: Report,
): void {
  const at = (action: string) => told.filter((event) => event.action === action);
  const [approved] = at('request.approved');
  const taken = at('permit.taken');
  const effects = usesApproval(told);
  if (effects.length > 1 || taken.length > 1 || permits.length > 1 || at('request.approved').length > 1) {
    report(
      'I1',
      `it was approved ${at('request.approved').length}×, its permit taken ${taken.length}×, its effect begun ${effects.length}×`,
    );
  }
  const [first] = effects;
  if (first) {
    if (!taken[0] || taken[0].seq > first.seq) report('I1', 'it took effect before its permit was taken');
    if (!approved || approved.seq > first.seq) report('I2', 'it took effect without an earlier approval');
    if (permits[0]?.taken_at == null) report('I1', 'it took effect and its permit is not taken');
    if (first.detail.digest !== request.digest) report('I9', 'another digest took effect than its own');
    if (
      !['request.released', 'request.recorded'].includes(first.action) &&
      first.detail.effectDigest !== request.effect_digest
    )
      report('I9', 'another effect was begun than its own');
  } else if (permits.some((permit) => permit.taken_at !== null))
    report('I1', 'its permit is taken and nothing took effect');
  if (permits.length > 0 !== (approved !== undefined))
    report('I6', `it has ${permits.length} permits and ${approved ? 'an' : 'no'} approval`);
  if (approved === undefined || request.grant_id !== null) return;
  const demand = JSON.parse(request.demand as string) as Demand;
  const last = new Map<string, Told>();
  for (const event of at('decision.recorded'))
    if (event.seq < approved.seq) last.set(String(event.detail.person), event);
  const counted = [...last.entries()]
    .filter(([, { detail }]) => detail.verdict === 'approve' && detail.digest === request.digest)
    .map(([person]) => person)
    .filter(
      (person) =>
        approvers.includes(person) &&
        request.asked_by !== `person:${person}` &&
        (demand.approvers?.includes(person) ?? true),
    );
  if (counted.length < demand.approvals)
    report('I2', `it was approved by ${counted.length} allowed people, ${demand.approvals} are needed`);
  if (demand.notOnlyOwner && counted.every((person) => person === request.owner_id))
    report('I2', 'only the owner approved it');
  if ([...last.values()].some(({ detail }) => detail.verdict === 'deny'))
    report('I2', 'it was approved although someone had denied it');
  if (request.shown_at === null || !told.some(({ action, seq }) => action === 'request.shown' && seq < approved.seq))
    report('I9', 'it was approved and never shown');
}

/** A use of a grant counts as a decision: given by an allowed person, for this agent and effect, in time, and not too often. */
function checkGrant(
  request: Row,
  told: readonly Told[],
  toldOfGrant: readonly Told[],
  approvers: readonly string[],
  report: Report,
): void {
  const approved = told.find(({ action }) => action === 'request.approved');
  const given = toldOfGrant.find(({ action }) => action === 'grant.given');
  const uses = toldOfGrant.filter(({ action }) => action === 'grant.used');
  const use = uses.find(({ detail }) => detail.request === request.id);
  if (!approved || !given || !use || given.seq > use.seq || use.seq > approved.seq) {
    report('I2', 'it was approved under a grant without a recorded use of one that was given before');
    return;
  }
  const { agent, effectDigest, givenBy, expiresAt, usesMax } = given.detail;
  if (approved.detail.grant !== request.grant_id) report('I6', 'its row names another grant than its approval');
  if (given.actor !== `person:${givenBy}` || !approvers.includes(String(givenBy)))
    report('I2', `its grant was given by ${given.actor}, who may not`);
  if (`agent:${agent}` !== request.asked_by || effectDigest !== request.effect_digest)
    report('I2', 'its grant is for another agent or another effect');
  if ((request.created_at as number) >= Number(expiresAt)) report('I2', 'its grant had run out');
  if (uses.length > Number(usesMax))
    report('I2', `its grant was used ${uses.length}×, ${usesMax}× at most was allowed`);
  if (toldOfGrant.some(({ action, seq }) => /^grant\.(revoked|expired)$/.test(action) && seq < use.seq))
    report('I2', 'its grant was over when it was used');
  if ((JSON.parse(request.demand as string) as Demand).tier !== 'normal')
    report('I2', 'a grant was used above the tier normal');
}

function checkDigests(
  request: Row,
  { votes, permits }: { votes: readonly Row[]; permits: readonly Row[] },
  told: readonly Told[],
  report: Report,
): void {
  if (request.effect === null) return;
  const effectDigest = digestOf('effect', JSON.parse(request.effect as string));
  if (effectDigest !== request.effect_digest) report('I9', 'its effect digest is not the digest of its effect');
  if (request.digest === null) return;
  const { tier, approvals, confirm, notOnlyOwner, approvers } = JSON.parse(request.demand as string) as Demand;
  const digest = digestOf('request', {
    effect: effectDigest,
    requester: { askedBy: request.asked_by, owner: request.owner_id },
    tier: { name: tier, approvals, confirm, notOnlyOwner, approvers: approvers ?? null },
  });
  if (digest !== request.digest) report('I9', 'its digest is not the digest of its effect, asker and terms');
  const told1 = told.find(({ action }) => action === 'request.submitted' || action === 'request.blocked');
  if (told1?.detail.digest !== digest || canonicalText(told1.detail.effect) !== request.effect)
    report('I9', 'what was submitted is not what its row says');
  if (permits.some((permit) => permit.digest !== digest)) report('I9', 'its permit is for another digest');
  if (votes.some((vote) => vote.digest !== digest)) report('I9', 'a decision on it names another digest');
  for (const { action, detail, seq } of told) {
    if (
      ['request.shown', 'request.approved', 'permit.issued', 'permit.taken'].includes(action) &&
      detail.digest !== digest
    ) {
      report('I9', `event ${seq} (${action}) names another digest`);
    }
  }
}
