import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { archiveOld, cleanArchived, planCleanup } from '../../src/actions/cleanups.ts';
import { ArchivedDetails } from '../../src/cli/local/archived-details.ts';
import { archiveIn } from '../../src/cli/local/cleanup.ts';
import { verifyStore } from '../../src/cli/local/verify-store.ts';
import { writeArchive } from '../../src/home/archive.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const day = 86_400_000;

/** A store with a past: requests that ended, one that is open, and half a year gone by. */
async function aPast(engine: 'sqlite' | 'postgres' = 'sqlite', { openFirst = false } = {}) {
  const world = await aWorld({ engine });
  const builder = await world.agent('builder');
  if (openFirst) await openFor(world, await builder.asks('Does it stay?'));
  for (let n = 0; n < 5; n++) {
    const asked = await builder.asks(`question ${n}?`);
    await world.person('local').answers(asked, 'yes');
  }
  await world.tick();
  world.clock.turn(200 * day);
  await builder.asks('A young one?');
  const home = engine === 'sqlite' ? join(world.store.where, '..') : mkdtempSync(join(tmpdir(), 'gaia-archive-'));
  if (engine === 'postgres') onTestFinished(() => rmSync(home, { recursive: true }));
  const now = () => world.clock.now();
  return { world, home, now, archive: () => archiveIn(home, now()) };
}

/** A request whose outcome nobody knows is open, however old it is. */
const openFor = (world: World, { id }: { id: string }) =>
  world.db.write(
    async (tx) => void (await tx.update(tx.t.requests).set({ state: 'unknown' }).where(eq(tx.t.requests.id, id))),
  );

const detailsIn = async ({ db }: World): Promise<number> => (await db.read.select().from(db.t.eventDetails)).length;

describe.each(engines)('a cleanup on %s', (engine) => {
  test('plans, archives, and removes only what was archived', async () => {
    const { world, archive, now } = await aPast(engine);
    const before = { details: await detailsIn(world), deliveries: (await world.deliveries()).length };
    const of = async (kind: string) =>
      (await planCleanup(world.db, archive(), now())).find((line) => line.kind === kind);
    expect(await of('deliveries')).toMatchObject({ toArchive: 10, toClean: 0 });
    expect(await cleanArchived(world.db, archive(), world.admin, now())).toBe(0); // nothing was archived yet
    expect(await archiveOld(world.db, archive(), now())).toBeGreaterThan(20);
    expect(await archiveOld(world.db, archive(), now())).toBe(0); // not twice
    expect(await of('deliveries')).toMatchObject({ toArchive: 0, toClean: 10 });
    expect({ details: await detailsIn(world), deliveries: (await world.deliveries()).length }).toEqual(before);
    expect(await cleanArchived(world.db, archive(), world.admin, now())).toBeGreaterThan(20);
    expect(await world.deliveries('sent')).toEqual([]);
    expect(await world.deliveries('queued')).toHaveLength(1);
    const [trimmed] = (await world.allEvents()).filter(({ action }) => action === 'log.trimmed');
    expect(JSON.parse(trimmed?.detail ?? '{}')).toMatchObject({
      from: 1,
      archive: expect.stringContaining('event_details'),
    });
  });
});

describe('a cleanup', () => {
  const verified = (world: World, home: string) =>
    verifyStore({ place: { home }, publicKeys: [], keptSeals: [], headFile: null }, () => undefined).then(
      ({ faults, events }) => ({
        events,
        // agents of this world were made without keys
        codes: faults
          .filter(({ code }) => code !== 'row_unrecorded')
          .map(({ code, message }) => (code === 'row_disagrees' ? message : code)),
        world,
      }),
    );

  test('leaves a log that verifies with its archive and without it, and shows a changed archive', async () => {
    const { world, home, archive, now } = await aPast();
    await archiveOld(world.db, archive(), now());
    await cleanArchived(world.db, archive(), world.admin, now());
    world.clock.turn(200 * day); // a second time: what says that the first were dropped is dropped as well
    await world.tick(); // the young one has run out
    await archiveOld(world.db, archive(), now());
    await cleanArchived(world.db, archive(), world.admin, now());
    const trimmings = (await world.allEvents()).filter(({ action }) => action === 'log.trimmed');
    expect(trimmings.map(({ detail }) => detail === null)).toEqual([true, false]);
    expect((await verified(world, home)).codes).toEqual([]);
    const directory = join(home, 'archive');
    const [first] = readdirSync(directory).filter((name) => name.startsWith('event_details') && name.endsWith('.gz'));
    writeFileSync(join(directory, first ?? ''), 'something else');
    expect((await verified(world, home)).codes).toEqual(['archive_damaged']);
    rmSync(directory, { recursive: true });
    expect((await verified(world, home)).codes).toEqual([]);
  });

  test('keeps an archive open as long as something of it is in the store', async () => {
    const { world, archive, now } = await aPast();
    await archiveOld(world.db, archive(), now());
    const open = async () =>
      (await archive().open('event_details')).length + (await archive().open('deliveries')).length;
    expect(await open()).toBe(2);
    await cleanArchived(world.db, archive(), world.admin, now() - 199 * day); // by a clock that was put back nothing is old
    expect([await open(), (await world.deliveries('sent')).length]).toEqual([2, 10]);
    await cleanArchived(world.db, archive(), world.admin, now());
    expect([await open(), (await world.deliveries('sent')).length]).toEqual([0, 0]);
  });

  test('fills in details from any archive that has them, and says which note cannot be read', async () => {
    const { world, home, archive, now } = await aPast();
    await archiveOld(world.db, archive(), now());
    const [{ from, to } = { from: '', to: '' }] = await archive().open('event_details');
    await cleanArchived(world.db, archive(), world.admin, now());
    // an earlier one of the same events, of which it has only the first and the last
    const rows = [from, to].map((key) => ({ key, row: null }));
    await writeArchive(home, { kind: 'event_details', rows, now: now() - day });
    const details = await ArchivedDetails.of(home);
    const dropped = (await world.allEvents()).filter(({ detail }) => detail === null);
    for (const event of dropped) expect((await details.fill(event)).detail).not.toBeNull();
    expect(dropped.length).toBeGreaterThan(5);
    writeFileSync(join(home, 'archive', 'deliveries-broken.json'), '{"form":');
    const refused = await refusalOf(archive().open('deliveries'));
    expect([refused.extras.reason, refused.message]).toEqual([
      'archive_damaged',
      expect.stringContaining('deliveries-broken.json'),
    ]);
  });

  test('that finds an archive changed removes nothing of it', async () => {
    const { world, home, archive, now } = await aPast();
    await archiveOld(world.db, archive(), now());
    const [file] = readdirSync(join(home, 'archive')).filter(
      (name) => name.startsWith('deliveries') && name.endsWith('.gz'),
    );
    writeFileSync(join(home, 'archive', file ?? ''), 'something else');
    expect(await reasonOf(cleanArchived(world.db, archive(), world.admin, now()))).toBe('archive_damaged');
    expect(await world.deliveries('sent')).toHaveLength(10);
  });

  test('touches nothing open, nor details after its first event', async () => {
    const { world, archive, now } = await aPast('sqlite', { openFirst: true });
    const before = await detailsIn(world);
    await archiveOld(world.db, archive(), now());
    await cleanArchived(world.db, archive(), world.admin, now());
    expect(before - (await detailsIn(world))).toBeLessThanOrEqual(2);
    expect((await world.deliveries()).filter(({ state }) => state === 'dead')).toEqual([]);
  });
});
