import { describe, expect, test } from 'vitest';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe.each(engines)('a request on %s', (engine) => {
  test('is approved by a person, rehearsed, and proven by the log', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['echo', 'hello']);
    expect(request.state).toBe('pending');

    await world.person('local').approves(request);
    await world.tick();

    const ended = await world.now(request);
    expect(ended.state).toBe('executed');
    expect(ended.outcome).toEqual({
      dryRun: true,
      exitCode: null,
      signal: null,
      stdout: '',
      stderr: '',
      truncated: false,
      durationMs: 0,
    });
    expect(await world.actionsOn(request)).toEqual([
      'request.submitted',
      'request.shown',
      'decision.recorded',
      'request.approved',
      'permit.issued',
      'permit.taken',
      'execution.finished',
    ]);
    expect(world.lines.join('\n').replaceAll(request.id, 'r-ID')).toMatchInlineSnapshot(`
      "r-ID: builder asked to run echo hello; it is executed by now
      r-ID (builder) is approved by local.
      r-ID (builder) is executed as a REHEARSAL: everything was looked up, nothing was started."
    `);
  });

  test('is denied with a reason, and never starts', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo', 'hello']);

    await world.person('local').denies(request, 'not_now', 'We are in a freeze.');
    await world.tick();

    expect(await world.now(request)).toMatchObject({
      state: 'denied',
      endCode: 'not_now',
      endText: 'We are in a freeze.',
      outcome: null,
    });
    expect(await world.actionsOn(request)).not.toContain('permit.issued');
  });
});
