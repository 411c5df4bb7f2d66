import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chain, genesisHash, type Head, hashOfDetail, hashOfEvent } from '../../../src/core/audit/event.ts';
import { makeSeal, type Seal } from '../../../src/core/audit/seal.ts';
import { type HeadFile, type LoggedEvent, type LogReport, LogVerifier } from '../../../src/core/audit/verify.ts';
import type { Json } from '../../../src/core/canonical.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

interface Log {
  events: LoggedEvent[];
  seals: Seal[];
  head: Head;
}

/** Ten events and a seal of the fifth, recorded by the sixth. */
function aLog(): Log {
  const log: Log = { events: [], seals: [], head: { seq: 0, hash: genesisHash, at: 0 } };
  const append = (action: string, detail: Record<string, Json>) => {
    const by = { actor: 'agent:builder', source: 'http' as const, traceId: 't' };
    const link = chain(log.head, { action, subject: 'request:r-1', detail, ...by }, 1_000 * (log.head.seq + 1));
    log.events.push({ ...link.event, detail: link.detail });
    log.head = link.head;
  };
  for (let n = 1; n <= 5; n++) append('request.submitted', { n });
  const seal = makeSeal({ generation: 1, ...log.head }, privateKey);
  log.seals.push(seal);
  append('log.sealed', { seq: seal.seq, hash: seal.hash, keyId: seal.keyId, signature: seal.signature });
  for (let n = 7; n <= 10; n++) append('request.submitted', { n });
  return log;
}

interface Beside {
  headFile?: HeadFile;
  keptSeals?: Seal[];
  key?: KeyObject | KeyObject[] | null;
  pageSize?: number;
}

function verified(
  { events, seals, head }: Log,
  { headFile, keptSeals = [], key = publicKey, pageSize = 3 }: Beside = {},
): LogReport {
  const verifier = new LogVerifier({ publicKeys: key === null ? [] : [key].flat(), headFile, keptSeals });
  let before = 0;
  for (let at = 0; at < events.length; at += pageSize) {
    const page = events.slice(at, at + pageSize);
    const upTo = page.at(-1)?.seq ?? 0;
    verifier.add(
      page,
      seals.filter(({ seq }) => seq > before && seq <= upTo),
    );
    before = upTo;
  }
  return verifier.finish({ headRow: head, sealsBeyond: seals.filter(({ seq }) => seq > before) });
}

const faultsOf = (report: LogReport) => report.faults.map(({ code, seq }) => `${code} ${seq}`);

/** An event whose own hash fits again, as someone who knows how it is made would leave it. */
const rehashed = (event: LoggedEvent): LoggedEvent => ({ ...event, hash: hashOfEvent(event) });

describe('a log', () => {
  test('as Gaia wrote it is verified', () => {
    const log = aLog();
    const headFile = { generation: 1, seq: 10, hash: log.head.hash };
    const report = verified(log, { headFile, keptSeals: [...log.seals] });
    expect(report).toMatchObject({ events: 10, seals: 1, from: 1_000, to: 10_000, sealedUpTo: 5, faults: [] });
    expect(report.head).toEqual({ seq: 10, hash: log.head.hash });
  });

  test('is verified the same whatever the pages', () => {
    for (const pageSize of [1, 5, 6, 100]) expect(verified(aLog(), { pageSize }).faults).toEqual([]);
  });

  test('of no events is verified', () => {
    expect(verified({ events: [], seals: [], head: { seq: 0, hash: genesisHash, at: 0 } })).toMatchObject({
      events: 0,
      from: null,
      faults: [],
    });
  });

  test.each(['at', 'traceId', 'actor', 'source', 'action', 'subject', 'detailHash', 'hash'] as const)(
    'with another %s in one event is not',
    (field) => {
      const log = aLog();
      const event = log.events[6] as LoggedEvent;
      log.events[6] = { ...event, [field]: field === 'at' ? event.at + 1 : `${event[field].slice(0, -1)}x` };
      const codes = faultsOf(verified(log));
      expect(codes).toContain('hash_wrong 7');
      // A changed hash also breaks the next link, a changed detail hash no longer fits the detail; nothing else is blamed.
      expect(codes.filter((code) => !/^(hash_wrong 7|link_broken 8|detail_altered 7)$/.test(code))).toEqual([]);
    },
  );

  test('with a field of the wrong kind is not', () => {
    const log = aLog();
    log.events[6] = { ...(log.events[6] as LoggedEvent), actor: Buffer.from('x') as unknown as string };
    expect(faultsOf(verified(log))).toEqual(['hash_wrong 7']);
  });

  test('with an event replaced, its hash made to fit, is broken at the next', () => {
    const log = aLog();
    log.events[6] = rehashed({ ...(log.events[6] as LoggedEvent), actor: 'agent:other' });
    expect(faultsOf(verified(log))).toEqual(['link_broken 8']);
  });

  test('with an event deleted says which', () => {
    const log = aLog();
    log.events.splice(6, 2);
    const { faults } = verified(log);
    expect(faults).toEqual([{ code: 'missing', seq: 7, message: 'Events 7 to 8 are missing.' }]);
  });

  test('without its beginning says so', () => {
    const log = aLog();
    log.events.splice(0, 2);
    expect(faultsOf(verified(log))).toEqual(['wrong_start 3']);
  });

  test('reordered says so', () => {
    const log = aLog();
    const [seventh, eighth] = log.events.splice(6, 2) as [LoggedEvent, LoggedEvent];
    log.events.splice(6, 0, eighth, seventh);
    expect(faultsOf(verified(log, { pageSize: 100 }))).toContain('out_of_order 7');
  });

  test('whose time runs backwards says so', () => {
    const log = aLog();
    const last = log.events[9] as LoggedEvent;
    log.events[9] = rehashed({ ...last, at: 5 });
    log.head = { ...log.head, hash: (log.events[9] as LoggedEvent).hash };
    expect(faultsOf(verified(log))).toEqual(['time_backwards 10']);
  });

  test('with a changed detail says so', () => {
    const log = aLog();
    log.events[2] = { ...(log.events[2] as LoggedEvent), detail: '{"n":4}' };
    expect(faultsOf(verified(log))).toEqual(['detail_altered 3']);
  });

  test('with a detail gone says so, unless an event says that it was trimmed', () => {
    const log = aLog();
    for (const at of [1, 2]) log.events[at] = { ...(log.events[at] as LoggedEvent), detail: null };
    expect(verified(log).faults).toEqual([
      {
        code: 'detail_missing',
        seq: 2,
        message: 'The details of events 2 to 3 are gone, and no log.trimmed event says why.',
      },
    ]);
    const trim = (detail: Record<string, Json>): Log => {
      const link = chain(
        log.head,
        { action: 'log.trimmed', actor: 'gaia', source: 'loop', subject: 'log', traceId: 't', detail },
        99_000,
      );
      return { ...log, events: [...log.events, { ...link.event, detail: link.detail }], head: link.head };
    };
    expect(verified(trim({ from: 1, to: 3 })).faults).toEqual([]);
    expect(faultsOf(verified(trim({ from: 1, to: 2 })))).toEqual(['detail_missing 2']);
  });

  test('whose head row says something else says so', () => {
    const log = aLog();
    expect(faultsOf(verified({ ...log, head: { ...log.head, seq: 12 } }))).toEqual(['head_disagrees 10']);
    expect(faultsOf(verified({ ...log, head: { ...log.head, hash: genesisHash } }))).toEqual(['head_disagrees 10']);
  });

  test('does not choke on a detail that is no object', () => {
    const log = aLog();
    const detail = 'null';
    log.events[9] = rehashed({
      ...(log.events[9] as LoggedEvent),
      action: 'log.sealed',
      detail,
      detailHash: hashOfDetail(detail),
    });
    expect(faultsOf(verified(log))).toEqual(['head_disagrees 10']);
  });
});

describe('head.json', () => {
  test('ahead of the log names both ends', () => {
    const { faults } = verified(aLog(), { headFile: { generation: 1, seq: 140, hash: genesisHash } });
    expect(faults).toEqual([
      {
        code: 'shortened',
        seq: 10,
        message: 'The log ends at 10 but head.json says 140: events were cut off, or an older copy was restored.',
      },
    ]);
  });
  test('with another hash of an event says so', () => {
    expect(faultsOf(verified(aLog(), { headFile: { generation: 1, seq: 4, hash: genesisHash } }))).toEqual([
      'head_file_disagrees 4',
    ]);
  });
  test('a little behind the log is fine', () => {
    const log = aLog();
    expect(
      verified(log, { headFile: { generation: 1, seq: 9, hash: (log.events[8] as LoggedEvent).hash } }).faults,
    ).toEqual([]);
  });
});

describe('a seal', () => {
  const withSeal = (change: Partial<Seal>): Log => {
    const log = aLog();
    return { ...log, seals: log.seals.map((seal) => ({ ...seal, ...change })) };
  };
  test('that was changed does not hold', () => {
    expect(faultsOf(verified(withSeal({ at: 5 })))).toEqual(['seal_forged 5']);
    expect(faultsOf(verified(withSeal({ at: Number.NaN })))).toEqual(['seal_forged 5']);
    expect(faultsOf(verified(withSeal({ generation: 2 })))).toEqual(['seal_forged 5']);
  });
  test('by another key is told apart from a forged one', () => {
    const log = aLog();
    const other = makeSeal(
      { generation: 1, seq: 5, at: 5_000, hash: (log.events[4] as LoggedEvent).hash },
      generateKeyPairSync('ed25519').privateKey,
    );
    expect(faultsOf(verified({ ...log, seals: [other] }))).toEqual(['seal_by_unknown_key 5', 'seal_disagrees 6']);
  });
  test('convicts a log that was rewritten after it, however well', () => {
    const honest = aLog();
    const forged: Log = { events: [], seals: honest.seals, head: { seq: 0, hash: genesisHash, at: 0 } };
    for (const { at, traceId, actor, source, action, subject, detail, seq } of honest.events) {
      const detailText = seq === 3 ? { n: 99 } : (JSON.parse(detail as string) as Record<string, Json>);
      const link = chain(
        forged.head,
        { traceId, actor, source: source as 'http', action, subject, detail: detailText },
        at,
      );
      forged.events.push({ ...link.event, detail: link.detail });
      forged.head = link.head;
    }
    expect(faultsOf(verified(forged))).toEqual(['seal_disagrees 5']);
    expect(faultsOf(verified({ ...forged, seals: [] }, { keptSeals: honest.seals }))).toEqual([
      'seal_disagrees 5',
      'seal_missing 6',
    ]);
  });
  test('beyond the end tells that the log was shortened', () => {
    const log = aLog();
    const events = log.events.slice(0, 4);
    const { seq, hash, at } = events[3] as LoggedEvent;
    expect(faultsOf(verified({ ...log, events, head: { seq, hash, at } }))).toEqual(['seal_beyond_end 5']);
    const cut = { seals: [], events, head: { seq, hash, at } };
    expect(faultsOf(verified(cut, { keptSeals: log.seals }))).toEqual(['seal_beyond_end 5']);
    expect(faultsOf(verified(cut))).toEqual([]); // nothing is left to tell: this is what kept seals and head.json are for
  });
  test('that is gone is missed, because the log says that it was made', () => {
    expect(faultsOf(verified({ ...aLog(), seals: [] }))).toEqual(['seal_missing 6']);
  });
  test('without a key to check it with is not called good', () => {
    const report = verified(aLog(), { key: null });
    expect(faultsOf(report)).toEqual(['seals_unchecked null']);
    expect(report.sealedUpTo).toBe(0);
  });
});
