/** The reference machine: what the design says of a request's life, as small as it can be said. */
export const storyPeople = ['11', '22', '33'] as const;
export type StoryPerson = (typeof storyPeople)[number];

const caps = 'caps: { open: 10000, perMinute: 10000 }';
const rules = [
  '  - { name: two are needed, match: { argv: [echo, two] }, tier: high }',
  '  - { name: three are needed, match: { argv: [echo, three] }, tier: critical }',
];
const head = [
  'version: 1',
  caps,
  'tiers: { normal: { approvals: 1 }, high: { approvals: 2, confirm: true }, critical: { approvals: 3 } }',
  'rules:',
];

export const policies = {
  usual: [...head, ...rules].join('\n'),
  /** asks three where one was enough */
  strict: [...head, ...rules, '  - { name: strict times, match: { argv: [echo, one] }, tier: critical }'].join('\n'),
} as const;
export type StoryPolicy = keyof typeof policies;

export type Weight = 'one' | 'two' | 'three' | 'question';
const terms = {
  one: { quorum: 1, confirm: false },
  two: { quorum: 2, confirm: true },
  three: { quorum: 3, confirm: true },
  question: { quorum: 1, confirm: false },
} as const;
const minute = 60_000;
const ttlMs = { one: 30 * minute, two: 30 * minute, three: 60 * minute, question: 30 * minute } as const;

export interface ModelRequest {
  agent: string;
  weight: Weight;
  subject: number;
  /** under which terms it was asked: a stricter policy makes `one` weigh `three` */
  asked: Weight;
  state: 'pending' | 'approved' | 'denied' | 'answered' | 'expired' | 'withdrawn' | 'executed' | 'stale';
  shown: boolean;
  votes: Map<string, 'approve' | 'deny' | 'answer'>;
  firstActs: Map<string, number>;
  expiresAt: number;
  effectBy: number;
}

export interface Model {
  now: number;
  paused: boolean;
  policy: StoryPolicy;
  requests: ModelRequest[];
}

export const newModel = (now: number): Model => ({ now, paused: false, policy: 'usual', requests: [] });

export const weightUnder = (policy: StoryPolicy, weight: Weight): Weight =>
  policy === 'strict' && weight === 'one' ? 'three' : weight;

/** The pending requests that an equal one may join. */
export const twinsOf = (model: Model, agent: string, weight: Weight, subject: number): number[] =>
  model.requests.flatMap((request, index) =>
    request.state === 'pending' && request.agent === agent && request.weight === weight && request.subject === subject
      ? [index]
      : [],
  );

export function ask(model: Model, agent: string, weight: Weight, subject: number): void {
  const asked = weightUnder(model.policy, weight);
  model.requests.push({
    agent,
    weight,
    subject,
    asked,
    state: 'pending',
    shown: false,
    votes: new Map(),
    firstActs: new Map(),
    expiresAt: model.now + ttlMs[asked],
    effectBy: Number.POSITIVE_INFINITY,
  });
}

export type Verdict = 'approve' | 'deny' | 'answer';
/** What a decision comes to: recorded, said before, the first of two acts, or why not. */
export type Ruled =
  | 'recorded'
  | 'repeated'
  | 'to_confirm'
  | 'already_settled'
  | 'expired'
  | 'misfit'
  | 'not_shown'
  | 'confirmation_missing'
  | 'not_an_approver'
  | 'digest_mismatch';

export function decide(
  model: Model,
  request: ModelRequest,
  person: string,
  verdict: Verdict,
  { confirm, rightDigest }: { confirm: boolean; rightDigest: boolean },
): Ruled {
  if (!(storyPeople as readonly string[]).includes(person)) return runOut(model, request, 'not_an_approver');
  if (request.votes.get(person) === verdict && rightDigest) return 'repeated';
  if (request.state !== 'pending') return runOut(model, request, 'already_settled');
  if (model.now >= request.expiresAt) return runOut(model, request, 'expired');
  if (!rightDigest) return 'digest_mismatch';
  const isQuestion = request.weight === 'question';
  if (verdict !== 'deny' && isQuestion !== (verdict === 'answer')) return 'misfit';
  if (verdict !== 'deny' && !request.shown) return 'not_shown';
  const { quorum, confirm: twoActs } = terms[request.asked];
  if (verdict !== 'deny' && twoActs) {
    const confirmBy = request.firstActs.get(person);
    if (!confirm) {
      request.firstActs.set(person, model.now + minute);
      return 'to_confirm';
    }
    if (confirmBy === undefined || model.now >= confirmBy) return 'confirmation_missing';
  }
  request.votes.set(person, verdict);
  request.firstActs.delete(person);
  if (verdict === 'deny') request.state = 'denied';
  else if (verdict === 'answer') request.state = 'answered';
  else if ([...request.votes.values()].filter((vote) => vote === 'approve').length >= quorum) {
    request.state = 'approved';
    request.effectBy = model.now + 15 * minute;
  }
  return 'recorded';
}

/** A refused decision on a request whose time is over ends it on the spot. */
function runOut(model: Model, request: ModelRequest, ruled: Ruled): Ruled {
  expireIfDue(model, request);
  return ruled;
}

function expireIfDue(model: Model, request: ModelRequest): void {
  const undecided = request.state === 'pending' && model.now >= request.expiresAt;
  const unused = request.state === 'approved' && model.now >= request.effectBy;
  if (undecided || unused) request.state = 'expired';
}

export function withdraw(request: ModelRequest, agent: string): boolean {
  if (request.agent !== agent || !['pending', 'approved', 'withdrawn'].includes(request.state)) return false;
  request.state = 'withdrawn';
  return true;
}

/** What the loops do: end what ran out, then begin what may begin. */
export function tick(model: Model): void {
  for (const request of model.requests) expireIfDue(model, request);
  for (const request of model.requests.filter(({ state }) => state === 'approved')) {
    if (terms[weightUnder(model.policy, request.weight)].quorum > terms[request.asked].quorum) request.state = 'stale';
    else if (!model.paused) request.state = 'executed';
  }
}
