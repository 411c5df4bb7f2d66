import { describe, expect, test } from 'vitest';
import { verifyGrant } from '../../../src/core/audit/verify-access.ts';
import { type RequestRecords, verifyRequest } from '../../../src/core/audit/verify-request.ts';
import { findPermit, findRequestRow, listEventsOf, listGrantRows } from '../../../src/store/audit-rows.ts';
import { listComments } from '../../../src/store/comments.ts';
import { aWorld } from '../../support/world.ts';

/** What the tables and the log say of a request that went ahead under a grant, at the given use of it. */
async function used(use = 1) {
  const world = await aWorld({ approvers: ['111'], policy: 'version: 1\ncaps: { perMinute: 100 }\n' });
  const builder = await world.agent('builder');
  const first = await builder.asksToRun(['ls']);
  await world.person('111').decides(first, { verdict: 'approve', allow: true });
  await world.tick();
  let id = '';
  for (let count = 1; count <= use; count++) {
    ({ id } = await builder.asksToRun(['ls']));
    await world.tick();
  }
  const { read } = world.db;
  const request = await findRequestRow(read, id);
  const [grant] = await listGrantRows(read, '', 10);
  if (!request || !grant) throw new Error('nothing went ahead under a grant');
  const records: RequestRecords = {
    request,
    votes: [],
    permit: await findPermit(read, id),
    comments: await listComments(read, id),
    events: await listEventsOf(read, `request:${id}`),
    grantEvents: await listEventsOf(read, `grant:${grant.id}`),
  };
  return { records, grant, grantEvents: await listEventsOf(read, `grant:${grant.id}`) };
}
const codes = (records: RequestRecords) => verifyRequest(records).map(({ code }) => code);

describe('a request that went ahead under a grant', () => {
  test('is verified by the events of the grant', async () => {
    const { records } = await used();
    expect(verifyRequest(records)).toEqual([]);
  });
  test('is verified also where it was the last use, with which the grant ended', async () => {
    const { records, grant } = await used(10);
    expect(grant).toMatchObject({ uses: 10, endCode: 'used_up' });
    expect(verifyRequest(records)).toEqual([]);
  });
  test('was not approved where the grant was never given, not used for it, over, or another’s', async () => {
    const { records } = await used();
    const grantEvents = records.grantEvents ?? [];
    const without = (action: string) => ({
      ...records,
      grantEvents: grantEvents.filter((event) => event.action !== action),
    });
    const changed = (action: string, change: object) => ({
      ...records,
      grantEvents: grantEvents.map((event) =>
        event.action === action
          ? { ...event, detail: JSON.stringify({ ...JSON.parse(event.detail as string), ...change }) }
          : event,
      ),
    });
    for (const broken of [
      without('grant.given'),
      without('grant.used'),
      changed('grant.given', { agent: 'other' }),
      changed('grant.given', { effectDigest: 'f'.repeat(64) }),
      changed('grant.given', { expiresAt: 0 }),
      changed('grant.given', { usesMax: 0 }),
      changed('grant.given', { givenBy: '222' }),
      changed('grant.used', { request: 'r-OTHER0' }),
      { ...records, grantEvents: [{ ...grantEvents[0], action: 'grant.revoked' } as never, ...grantEvents] },
    ])
      expect(codes(broken)).toContain('not_approved');
  });
  test('disagrees where its row names no grant, and was then approved by nobody', async () => {
    const { records } = await used();
    expect(codes({ ...records, request: { ...records.request, grantId: null } })).toEqual(
      expect.arrayContaining(['row_disagrees', 'not_approved']),
    );
  });
  test('disagrees where a comment was slipped in', async () => {
    const { records } = await used();
    const comments = [{ author: 'person:111', text: 'fine', source: 'http', at: 0 }];
    expect(codes({ ...records, comments })).toContain('row_disagrees');
  });
});

describe('the row of a grant', () => {
  test('agrees with its events, and any change of it is seen', async () => {
    const { grant, grantEvents } = await used();
    expect(verifyGrant(grant, grantEvents)).toEqual([]);
    for (const change of [
      { usesMax: 99 },
      { uses: 0 },
      { expiresAt: 0 },
      { agentId: 'x' },
      { givenBy: '9' },
      { endedAt: 1 },
    ])
      expect(verifyGrant({ ...grant, ...change }, grantEvents)).toHaveLength(1);
    expect(verifyGrant(grant, [])).toMatchObject([{ code: 'row_unrecorded' }]);
  });
});
