import { describe, expect, test } from 'vitest';
import { chain, genesisHash, hashOfDetail, hashOfEvent, type NewEvent } from '../../../src/core/audit/event.ts';

const fact: NewEvent = {
  action: 'request.submitted',
  actor: 'agent:builder',
  source: 'http',
  subject: 'request:r-7F3K2Q',
  detail: { kind: 'command', title: undefined },
  traceId: 't-1',
};
const start = { seq: 0, hash: genesisHash, at: 0 };

describe('a link of the chain', () => {
  const { event, detail, head } = chain(start, fact, 1_000);

  test('follows the head, and is the next head', () => {
    expect(event).toMatchObject({ seq: 1, at: 1_000, prevHash: genesisHash });
    expect(head).toEqual({ seq: 1, hash: event.hash, at: 1_000 });
    expect(chain(head, fact, 2_000).event).toMatchObject({ seq: 2, prevHash: event.hash });
  });

  test('covers its detail by a hash, and keeps it as canonical text', () => {
    expect(detail).toBe('{"kind":"command"}');
    expect(event.detailHash).toBe(hashOfDetail(detail));
    expect(Object.keys(event)).not.toContain('detail');
  });

  test.each<[string, Partial<typeof event>]>([
    ['number', { seq: 2 }],
    ['instant', { at: 1_001 }],
    ['trace', { traceId: 't-2' }],
    ['actor', { actor: 'admin' }],
    ['source', { source: 'cli' }],
    ['action', { action: 'request.approved' }],
    ['subject', { subject: 'request:r-000000' }],
    ['detail', { detailHash: hashOfDetail('{}') }],
    ['place in the chain', { prevHash: 'f'.repeat(64) }],
  ])('has another hash with another %s', (_, other) =>
    expect(hashOfEvent({ ...event, ...other })).not.toBe(event.hash),
  );

  test('has one known hash, so that the stand-alone verifier can be held against it', () => {
    expect(event.hash).toMatchInlineSnapshot(`"3f3858f7a5d53112539ba7574a76a13496438ac5d43ec859ffe6cd97a132a8f5"`);
  });

  test('never runs backwards in time', () => expect(chain({ ...start, at: 5_000 }, fact, 1_000).event.at).toBe(5_000));

  test('is not made of what canonical JSON cannot say', () => {
    expect(() => chain(start, { ...fact, detail: { n: Number.NaN } }, 1)).toThrow(TypeError);
    expect(() => chain(start, { ...fact, detail: { text: '\ud800' } }, 1)).toThrow(TypeError);
  });
});
