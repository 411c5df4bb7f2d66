import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireAcceptance } from '../../src/actions/pauses.ts';
import { writeFileAtomic } from '../../src/home/write-file-atomic.ts';
import { logFollower } from '../../src/loops/follow-log.ts';
import { getHead } from '../../src/store/installation.ts';
import { aWorld, type World } from '../support/world.ts';

async function followed() {
  const world = await aWorld();
  const home = mkdtempSync(join(tmpdir(), 'gaia-follow-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  let agents = 0;
  const path = (name: string) => join(home, name);
  const lines = (name = 'events.ndjson') => readFileSync(path(name), 'utf8').trimEnd().split('\n');
  return {
    world,
    home,
    path,
    follower: () => logFollower({ db: world.db, home, writeAtomically: writeFileAtomic }),
    /** something is logged */
    happens: async () => void (await (await world.agent(`agent-${++agents}`)).asks('1?')),
    lines,
    seqs: (name?: string) => lines(name).map((line) => JSON.parse(line).seq),
    files: () => readdirSync(home).toSorted(),
    head: () => JSON.parse(readFileSync(path('head.json'), 'utf8')),
  };
}
const headOf = async (world: World) => {
  const { seq, hash } = await getHead(world.db.read);
  return { generation: 1, seq, hash };
};

describe('events.ndjson', () => {
  test('follows the log line by line, for its owner only, and head.json repeats the head', async () => {
    const { world, follower, happens, lines, head, path } = await followed();
    await happens();
    await follower().tick();
    const [event] = await world.allEvents();
    expect(JSON.parse(lines()[0] as string)).toEqual({
      seq: 1,
      at: '2026-11-21T09:00:00.000Z',
      type: 'request.submitted',
      actor: 'agent:agent-1',
      source: 'http',
      subject: event?.subject,
      trace_id: event?.traceId,
      detail: JSON.parse(event?.detail as string),
      hash: event?.hash,
    });
    expect(head()).toEqual(await headOf(world));
    expect(statSync(path('events.ndjson')).mode & 0o777).toBe(0o600);
  });

  test('carries the classic names of commands', async () => {
    const { world, follower, lines } = await followed();
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').approves(request);
    await world.tick();
    await follower().tick();
    expect(lines().flatMap((line) => JSON.parse(line).type_classic ?? [])).toEqual([
      'command.enqueued',
      'command.approved',
      'command.executed.dryrun',
    ]);
  });

  test('goes on where it was, by the same follower and by the next, without gap or repetition', async () => {
    const { follower, happens, seqs } = await followed();
    const first = follower();
    for (let n = 0; n < 3; n++) {
      await happens();
      await first.tick();
    }
    await happens();
    await happens();
    await follower().tick();
    await follower().tick();
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  test('heals a last line that a crash cut short: that event is written again, whole', async () => {
    const { follower, happens, path, lines } = await followed();
    await happens();
    await happens();
    await follower().tick();
    const whole = readFileSync(path('events.ndjson'), 'utf8');
    truncateSync(path('events.ndjson'), whole.length - 40);
    await follower().tick();
    const [first, torn, second] = lines();
    expect(JSON.parse(first as string).seq).toBe(1);
    expect(() => JSON.parse(torn as string)).toThrow(SyntaxError);
    expect(JSON.parse(second as string).seq).toBe(2);
    expect(lines()).toHaveLength(3);
  });

  test('heals a last line that only lacks its end', async () => {
    const { follower, happens, path, seqs } = await followed();
    await happens();
    await follower().tick();
    truncateSync(path('events.ndjson'), statSync(path('events.ndjson')).size - 1);
    await happens();
    await follower().tick();
    expect(seqs()).toEqual([1, 2]);
  });

  test('is closed at the end of the day, and the next day begins a new one', async () => {
    const { world, follower, happens, files, seqs } = await followed();
    const one = follower();
    await happens();
    await one.tick();
    world.clock.turn(15 * 3_600_000 - 1);
    await happens();
    world.clock.turn(1);
    await happens();
    await one.tick();
    expect(files()).toEqual(['events-2026-11-21.ndjson', 'events.ndjson', 'head.json']);
    expect(seqs('events-2026-11-21.ndjson')).toEqual([1, 2]);
    expect(seqs()).toEqual([3]);
  });

  test('never writes into a closed day, and goes on behind it when the open file is gone', async () => {
    const { world, follower, happens, path, seqs } = await followed();
    await happens();
    await follower().tick();
    world.clock.turn(86_400_000);
    await happens();
    await follower().tick();
    const closed = readFileSync(path('events-2026-11-21.ndjson'), 'utf8');
    rmSync(path('events.ndjson'));
    await happens();
    await follower().tick();
    expect(seqs()).toEqual([2, 3]);
    expect(readFileSync(path('events-2026-11-21.ndjson'), 'utf8')).toBe(closed);
  });

  test('stands still, and head.json with it, while a restored store is not accepted; then it begins anew', async () => {
    const { world, follower, happens, path, files, lines, head } = await followed();
    const one = follower();
    await happens();
    await one.tick();
    // the file and its witness have seen events that this store, an older copy, does not hold
    const foreign = `{"seq":9,"at":"2026-11-21T09:30:00.000Z","type":"x","hash":"${'f'.repeat(64)}"}`;
    appendFileSync(path('events.ndjson'), `${foreign}\n`);
    writeFileSync(path('head.json'), `{"generation":1,"seq":9,"hash":"${'f'.repeat(64)}"}\n`);
    await requireAcceptance(world.app, 'An older copy was put back.', world.by('gaia', 'start'));
    const [before, witness] = [readFileSync(path('events.ndjson'), 'utf8'), readFileSync(path('head.json'), 'utf8')];
    const next = follower();
    for (const each of [one, next]) await each.tick();
    expect(readFileSync(path('events.ndjson'), 'utf8')).toBe(before);
    expect(readFileSync(path('head.json'), 'utf8')).toBe(witness);

    await world.person('local').resumes(true);
    await next.tick();
    expect(files()).toContain('events-2026-11-21.ndjson');
    expect(readFileSync(path('events-2026-11-21.ndjson'), 'utf8')).toBe(before);
    expect(lines().map((line) => JSON.parse(line).type)).toEqual([
      'store.restored',
      'store.accepted',
      'system.resumed',
    ]);
    expect(head()).toMatchObject({ generation: 2, seq: 4 });
  });

  test('copies long logs page by page', async () => {
    const { world, follower, seqs } = await followed();
    await world.db.write(async (tx) => {
      for (let n = 0; n < 1_001; n++)
        tx.record({
          action: 'system.paused',
          actor: 'admin',
          source: 'http',
          subject: 'system',
          detail: {},
          traceId: 't',
        });
    });
    await follower().tick();
    expect(seqs()).toEqual(Array.from({ length: 1_001 }, (_, n) => n + 1));
  });

  test('says so, instead of looking for ever, when the log has lost its end', async () => {
    const { world, follower, happens } = await followed();
    await happens();
    await world.db.write(async (tx) => {
      await tx.update(tx.t.logHead).set({ seq: 9 });
    });
    await expect(follower().tick()).rejects.toThrow('the log holds no event after 1');
  });

  test('does not touch head.json when nothing happened', async () => {
    const { follower, happens, path } = await followed();
    const one = follower();
    await happens();
    await one.tick();
    rmSync(path('head.json'));
    await one.tick();
    expect(() => statSync(path('head.json'))).toThrow('ENOENT');
  });
});
