import { describe, expect, test } from 'vitest';
import { comment } from '../../src/actions/comments.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { getRequestAnswer } from '../../src/views/requests.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe.each(engines)('talking back on %s', (engine) => {
  test('a person asks, the agent answers, and the request waits on', async () => {
    const world = await aWorld({ engine, approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['ls']);
    await comment(world.app, request.id, 'Why now?', world.by(person('111'), 'telegram'));
    await comment(world.app, request.id, 'The disk is full.', world.by(agentNamed('builder')));
    const answer = await getRequestAnswer(world.viewer, request.id);
    expect(answer.state).toBe('pending');
    expect(answer.comments).toMatchObject([
      { author: 'person:111', text: 'Why now?' },
      { author: 'agent:builder', text: 'The disk is full.' },
    ]);
    expect((await world.actionsOn(request)).filter((action) => action === 'request.commented')).toHaveLength(2);
    await world.tick();
    expect(world.lines.join('\n')).toContain('The disk is full.');
  });
});

describe('a comment', () => {
  test('of another agent, or of a stranger, is none', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asks('May I?');
    expect(await reasonOf(comment(world.app, request.id, 'x', world.by(agentNamed('other'))))).toBe('no_such_request');
    expect(await reasonOf(comment(world.app, request.id, 'x', world.by(person('666'))))).toBe('not_an_approver');
    expect(await reasonOf(comment(world.app, request.id, 'x', world.by('admin')))).toBe('no_such_request');
    expect((await getRequestAnswer(world.viewer, request.id)).comments).toEqual([]);
  });
  test('keeps no secret', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asks('May I?');
    const secret = `ghp_${'Ab1'.repeat(12)}`;
    await comment(world.app, request.id, `take ${secret}`, world.by(person('111')));
    await comment(world.app, request.id, `take ${secret}`, world.by(agentNamed('builder')));
    expect(await world.everythingKept()).not.toContain(secret);
  });
  test('of its agent is none while nobody asks, and once it has answered', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asks('May I?');
    const says = () => reasonOf(comment(world.app, request.id, 'Please!', world.by(agentNamed('builder'))));
    expect(await says()).toBe('no_open_question');
    await comment(world.app, request.id, 'Why?', world.by(person('111')));
    await comment(world.app, request.id, 'The disk is full.', world.by(agentNamed('builder')));
    expect(await says()).toBe('no_open_question');
    expect((await getRequestAnswer(world.viewer, request.id)).comments).toHaveLength(2);
  });
  test.each([
    ['too long', 'x'.repeat(2_001)],
    ['cut within a character', 'x\ud83d'],
    ['empty', ''],
  ])('that is %s is refused with words, through any door', async (_, text) => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asks('May I?');
    const said = comment(world.app, request.id, text, world.by(person('111'), 'telegram'));
    await expect(said).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('is not taken') });
    expect((await getRequestAnswer(world.viewer, request.id)).comments).toEqual([]);
  });
  test('comes too late once it is decided', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asks('May I?');
    await world.person('111').denies(request);
    expect(await reasonOf(comment(world.app, request.id, 'Why?', world.by(person('111'))))).toBe('already_settled');
  });
  test('decides nothing, even where it says so', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['ls']);
    await comment(world.app, request.id, 'approve', world.by(person('111'), 'telegram'));
    await world.tick();
    expect((await world.now(request)).state).toBe('pending');
    expect(await world.votesOn(request)).toEqual([]);
  });
});

describe('a request in place of another', () => {
  test('says what is different', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const builder = await world.agent('builder');
    const first = await builder.asksToRun(['ls', '/tmp']);
    await world.person('111').denies(first, 'wrong_target');
    const second = await builder.asksToRun(['ls', '/var'], { supersedes: first.id });
    expect((await getRequestAnswer(world.viewer, second.id)).changes).toContainEqual({
      what: 'argument 1',
      before: '/tmp',
      after: '/var',
    });
    expect((await getRequestAnswer(world.viewer, first.id)).changes).toBeNull();
  });
});
