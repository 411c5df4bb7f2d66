import { beforeEach, describe, expect, test } from 'vitest';
import { aWorld } from '../support/world.ts';
import { check, type Expectations } from './checker.ts';
import { type Row, type Snapshot, snapshotOfStore } from './snapshot.ts';
import type { Witness } from './witness.ts';

const people = ['11', '22', '33'];

/** A store with an executed, a denied and a withdrawn request, and what its clients saw. */
async function aFinishedStore(): Promise<{ snapshot: Snapshot; expected: Expectations & { witnesses: Witness[] } }> {
  const world = await aWorld({ approvers: people });
  const agent = await world.agent('builder');
  const [executed, denied, withdrawn] = [
    await agent.asksToRun(['true', '1']),
    await agent.asksToRun(['true', '2']),
    await agent.asksToRun(['true', '3']),
  ];
  await world.person('11').approves(executed);
  await world.person('22').denies(denied);
  await agent.withdraws(withdrawn);
  await world.tick();
  const witnesses: Witness[] = [
    ...[executed, denied, withdrawn].map(({ id, digest }) => ({
      act: 'submit' as const,
      status: 201,
      requestId: id,
      state: 'pending',
      digest: digest as string,
    })),
    {
      act: 'decide',
      status: 200,
      requestId: executed.id,
      person: '11',
      verdict: 'approve',
      digest: executed.digest as string,
      state: 'approved',
    },
    {
      act: 'decide',
      status: 200,
      requestId: denied.id,
      person: '22',
      verdict: 'deny',
      digest: denied.digest as string,
      state: 'denied',
    },
    { act: 'withdraw', status: 200, requestId: withdrawn.id, state: 'withdrawn' },
    { act: 'look', status: 200, requestId: executed.id, state: 'executed' },
  ];
  const snapshot = await snapshotOfStore(world.store.where);
  return {
    snapshot,
    expected: { approvers: people, witnesses, settled: true, stopped: true, planted: ['a planted secret'] },
  };
}

const where = (rows: Row[], column: string, value: string): Row => {
  const row = rows.find((each) => each[column] === value);
  if (row === undefined) throw new Error(`there is no row with ${column} ${value}`);
  return row;
};
const eventOf = ({ events }: Snapshot, action: string): Row => where(events, 'action', action);
const other = 'f'.repeat(64);

describe('the checker', () => {
  let finished: Awaited<ReturnType<typeof aFinishedStore>>;
  beforeEach(async () => {
    finished = await aFinishedStore();
  });

  test('finds nothing where nothing is wrong', () => {
    expect(check(finished.snapshot, finished.expected)).toEqual([]);
    expect(finished.snapshot.requests.map(({ state }) => state).sort()).toEqual(['denied', 'executed', 'withdrawn']);
  });

  test.each<[string, string, (snapshot: Snapshot, expected: Expectations & { witnesses: Witness[] }) => void]>([
    [
      'I1',
      'an effect that started twice',
      ({ events }) => void events.push({ ...where(events, 'action', 'execution.finished'), seq: events.length + 1 }),
    ],
    [
      'I1',
      'an effect whose permit was never taken',
      ({ permits }) => void Object.assign(permits[0] as Row, { taken_at: null }),
    ],
    [
      'I1',
      'a permit taken without an effect',
      (snapshot) => void Object.assign(eventOf(snapshot, 'execution.finished'), { action: 'request.commented' }),
    ],
    [
      'I2',
      'an effect without an approval',
      (snapshot) => void Object.assign(eventOf(snapshot, 'request.approved'), { action: 'request.commented' }),
    ],
    ['I2', 'an approval by nobody who may', (_, expected) => void Object.assign(expected, { approvers: ['22'] })],
    [
      'I2',
      'an approval by the one who asked',
      ({ requests }) => void Object.assign(where(requests, 'state', 'executed'), { asked_by: 'person:11' }),
    ],
    [
      'I2',
      'too few approvals',
      ({ requests }) => {
        const request = where(requests, 'state', 'executed');
        request.demand = (request.demand as string).replace('"approvals":1', '"approvals":2');
      },
    ],
    [
      'I2',
      'a decision that another than its person made',
      (snapshot) => void Object.assign(eventOf(snapshot, 'decision.recorded'), { actor: 'agent:builder' }),
    ],
    [
      'I3',
      'a decision that was answered and is not recorded',
      (_, { witnesses }) => void witnesses.push({ ...(witnesses[3] as Witness) }),
    ],
    [
      'I3',
      'a decision that was refused and is recorded',
      (_, { witnesses }) => void Object.assign(witnesses[4] as Witness, { status: 409 }),
    ],
    ['I3', 'a recorded decision without its row', ({ decisions }) => void decisions.pop()],
    ['I4', 'an accepted request that is gone', ({ requests }) => void requests.pop()],
    [
      'I4',
      'a request that never ended',
      ({ requests }) => void Object.assign(where(requests, 'state', 'denied'), { state: 'pending', ended_at: null }),
    ],
    [
      'I4',
      'an end without its instant',
      ({ requests }) => void Object.assign(where(requests, 'state', 'denied'), { ended_at: null }),
    ],
    [
      'I4',
      'a withdrawal that was answered and did not happen',
      ({ requests }) => void Object.assign(where(requests, 'state', 'withdrawn'), { state: 'denied' }),
    ],
    [
      'I5',
      'an end that changed',
      ({ events }) =>
        void events.push({
          ...where(events, 'action', 'request.denied'),
          action: 'request.approved',
          seq: events.length + 1,
        }),
    ],
    [
      'I5',
      'an end that was answered and is another',
      (_, { witnesses }) => void Object.assign(witnesses[6] as Witness, { state: 'denied' }),
    ],
    [
      'I6',
      'a changed event',
      (snapshot) => void Object.assign(eventOf(snapshot, 'request.denied'), { trace_id: 'other' }),
    ],
    ['I6', 'a changed detail', (snapshot) => void Object.assign(eventOf(snapshot, 'request.denied'), { detail: '{}' })],
    ['I6', 'a missing event', ({ events }) => void events.splice(3, 1)],
    ['I6', 'a head that says more', ({ logHead }) => void Object.assign(logHead, { seq: (logHead.seq as number) + 1 })],
    [
      'I6',
      'a row in a state that no event tells of',
      ({ requests }) => void Object.assign(where(requests, 'state', 'denied'), { state: 'expired' }),
    ],
    [
      'I6',
      'a change without an event',
      ({ requests }) => void Object.assign(where(requests, 'state', 'denied'), { version: 9 }),
    ],
    [
      'I6',
      'a decision without an event',
      ({ decisions, requests }) => {
        decisions.push({ ...(decisions[0] as Row), person_id: '33', request_id: (requests[0] as Row).id as string });
      },
    ],
    [
      'I6',
      'a line of events.ndjson that is not in the log',
      (snapshot) =>
        void Object.assign(snapshot, { lines: [`{"seq":1,"hash":"${other}","type":"x","subject":"y","detail":{}}`] }),
    ],
    [
      'I6',
      'a line of events.ndjson that stands twice',
      (snapshot) => {
        const [event] = snapshot.events;
        const line = JSON.stringify({
          seq: 1,
          type: event?.action,
          subject: event?.subject,
          detail: JSON.parse(event?.detail as string),
          hash: event?.hash,
        });
        snapshot.lines = [line, line];
      },
    ],
    [
      'I6',
      'a head.json with another hash',
      (snapshot) => void Object.assign(snapshot, { headFile: `{"generation":1,"seq":2,"hash":"${other}"}` }),
    ],
    ['I8', 'a card that was owed and never written', ({ deliveries }) => void deliveries.pop()],
    ['I8', 'a card that was written twice', ({ deliveries }) => void deliveries.push({ ...(deliveries[0] as Row) })],
    [
      'I8',
      'a message that died without saying so',
      ({ deliveries }) => void Object.assign(deliveries[0] as Row, { state: 'dead' }),
    ],
    [
      'I8',
      'a message that is nowhere',
      ({ deliveries }) => void Object.assign(deliveries[0] as Row, { state: 'lost' }),
    ],
    [
      'I9',
      'an effect that is not the approved one',
      ({ requests }) => {
        const request = where(requests, 'state', 'executed');
        request.effect = (request.effect as string).replace('"1"', '"rm"');
      },
    ],
    ['I9', 'a permit for another digest', ({ permits }) => void Object.assign(permits[0] as Row, { digest: other })],
    [
      'I9',
      'an approval of what nobody was shown',
      ({ requests }) => void Object.assign(where(requests, 'state', 'executed'), { shown_at: null }),
    ],
    [
      'I9',
      'an answer that showed another digest',
      (_, { witnesses }) => void Object.assign(witnesses[0] as Witness, { digest: other }),
    ],
    [
      'I10',
      'a planted secret in a file',
      ({ files }) => void files.set('events.ndjson', Buffer.from('here is a planted secret, and more')),
    ],
    [
      'I10',
      'a planted secret in the output',
      (_, expected) => void Object.assign(expected, { printed: ['so: a planted secret'] }),
    ],
    ['I11', 'a damaged page', ({ damage }) => void damage.push('Page 3: never used')],
    ['I12', 'a file that was left', ({ files }) => void files.set('.head.json.0123456789ab.tmp', Buffer.from(''))],
  ])('%s names %s', (invariant, _, plant) => {
    plant(finished.snapshot, finished.expected);
    expect(check(finished.snapshot, finished.expected).map((violation) => violation.invariant)).toContain(invariant);
  });
});
