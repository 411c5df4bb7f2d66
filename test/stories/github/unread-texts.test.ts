import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Request } from '../../../src/core/approval/request.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { aMoodyProgram, aTextReader } from '../../github/texts/a-text-reader.ts';
import { aLiveWorld, type LiveWorld, outcomes } from './a-live-world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'endless', labels: ['bug'] };
const issues = (world: LiveWorld) => world.github.requests({ method: 'POST', path: /\/issues$/ });
const standing = async (world: LiveWorld, { id }: Request) => {
  const { state, missing } = await getRequestAnswer(world.viewer, id);
  return [state, ...missing.map(({ code }) => code)];
};

/** From now on a body of `endless` takes longer than it may, until what is returned is called. */
async function readsWithoutEnd({ app }: LiveWorld): Promise<() => void> {
  const { texts } = app.github;
  const reader = aTextReader({ program: aMoodyProgram(), limitMs: 1_000 });
  await reader.title('The thread is there.', {});
  app.github.texts = reader;
  return () => {
    app.github.texts = texts;
  };
}

describe('a text that cannot be read in time', () => {
  test('is refused with what to do about it, and nothing is asked of anybody', async () => {
    const world = await aLiveWorld();
    await readsWithoutEnd(world);
    const request = await world.writes([{ ...issue, body: 'It takes 20 minutes.' }, issue]);
    expect(request).toMatchObject({ state: 'blocked', effect: null });
    expect(request.blockers).toEqual([
      {
        code: 'payload_invalid',
        phase: 'submit',
        message: 'The text could not be read to its end within 1 s.',
        remedy: 'Make it shorter and its markup simpler, and propose it again.',
        retryable: true,
        evidence: [],
        operation: { index: 1, op: 'issue.create' },
        target: 'octo/app',
        repo: 'octo/app',
      },
    ]);
    expect(world.github.created()).toEqual({});
  });

  test('holds an approved write up, which is sent once when it can be read again', async () => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    const readsAgain = await readsWithoutEnd(world);
    await world.approves(request);
    await world.passes(2);
    expect(await standing(world, request)).toEqual(['approved', 'payload_invalid']);
    readsAgain();
    await world.passes(20);
    expect(outcomes(await world.now(request))).toEqual(['done']);
    expect(issues(world)).toHaveLength(1);
  });

  test('holds up what was begun, right before it is sent', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: { limit: 'secondary', retryAfter: 10 } });
    const request = await world.writes([issue], { seconds: 1 });
    const readsAgain = await readsWithoutEnd(world);
    world.clock.turn(10_000);
    await world.passes(1);
    expect(await standing(world, request)).toEqual(['executing', 'payload_invalid']);
    expect(issues(world)).toHaveLength(1); // the one that was limited
    readsAgain();
    world.clock.turn(10_000);
    await world.passes(8);
    expect(outcomes(await world.now(request))).toEqual(['done']);
    expect(Object.values(world.github.created())).toEqual([1]);
  });

  test('holds up the look for a lost answer: nothing is sent again because of it', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_after' });
    const request = await world.writes([issue], { seconds: 1 });
    const readsAgain = await readsWithoutEnd(world);
    world.clock.turn(10_000);
    await world.passes(2);
    expect(await standing(world, request)).toEqual(['executing', 'outcome_unknown']);
    readsAgain();
    world.clock.turn(60_000);
    await world.passes(4);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(issues(world)).toHaveLength(1);
  });

  test('takes its time from the others ever more seldom', async () => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    let tries = 0;
    const { texts } = world.app.github;
    const unread = async () => {
      tries++;
      throw unavailable('It was not read.', { reason: 'text_unread' });
    };
    world.app.github.texts = { ...texts, body: unread };
    await world.approves(request);
    await world.passes(60);
    expect(await standing(world, request)).toEqual(['approved', 'payload_invalid']);
    expect(tries).toBeLessThan(6);
    world.app.github.texts = texts;
    await world.passes(70);
    expect(outcomes(await world.now(request))).toEqual(['done']);
    expect(issues(world)).toHaveLength(1);
  });

  test('is read in the turn of who asks, and for Gaia itself once it is approved', async () => {
    const world = await aLiveWorld();
    const turns: string[] = [];
    const { texts } = world.app.github;
    world.app.github.texts = {
      ...texts,
      for(asker) {
        turns.push(asker);
        return texts.for(asker);
      },
    };
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_2.md'), 'Looked again.\n');
    const { request: checkpoint } = await world.builder.submits({ kind: 'checkpoint', checkpoint: { number: 2 } });
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    expect(new Set(turns)).toEqual(new Set(['agent:builder']));
    turns.length = 0;
    await world.approves(checkpoint);
    await world.approves(request);
    await world.passes(8);
    expect(outcomes(await world.now(request))).toEqual(['done']);
    expect((await world.now(checkpoint)).state).toBe('recorded');
    expect(turns).toEqual([]);
  });

  test('keeps an approved checkpoint waiting, which is recorded once when it can be read again', async () => {
    const world = await aLiveWorld();
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_2.md'), 'endless');
    const { request } = await world.builder.submits({ kind: 'checkpoint', checkpoint: { number: 2 } });
    const readsAgain = await readsWithoutEnd(world);
    await world.approves(request);
    await world.passes(2);
    expect(await standing(world, request)).toEqual(['approved', 'payload_invalid']);
    readsAgain();
    await world.passes(20);
    expect((await world.now(request)).state).toBe('recorded');
  });

  test('is no checkpoint that people could approve', async () => {
    const world = await aLiveWorld();
    await readsWithoutEnd(world);
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_2.md'), 'endless');
    const { request } = await world.builder.submits({ kind: 'checkpoint', checkpoint: { number: 2 } });
    expect([request.state, ...request.blockers.map(({ code }) => code)]).toEqual(['blocked', 'payload_invalid']);
  });
});
