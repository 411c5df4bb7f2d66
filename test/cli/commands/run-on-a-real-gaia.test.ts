import { expect, onTestFinished, test } from 'vitest';
import { close, httpRoutes, listen } from '../../../src/http/server.ts';
import { listRequests } from '../../../src/store/request-lists.ts';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';
import { gaia } from '../a-terminal.ts';

test('gaia run on a real Gaia runs what a person approved, once, and its report is in the log', async () => {
  const world = await aWorld();
  const { door, agent } = anApi(world);
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(server, 0));
  serve(httpRoutes(door, port));
  const { secret } = await agent('builder');
  const env = { GAIA_URL: `http://127.0.0.1:${port}`, GAIA_API_KEY: secret };
  const argv = ['run', '--idempotency-key', 'k', '--cwd', world.cwd, '--', 'ls', '-d', '.'];

  const unsubscribe = world.db.onAppended(async () => {
    unsubscribe();
    const [pending] = await listRequests(world.db.read, { state: 'pending', limit: 1 });
    if (pending) await world.person('local').approves(pending);
  });
  const run = await gaia(argv, { env });

  expect([run.exit, run.stdout]).toEqual([0, '.\n']);
  const [request] = await listRequests(world.db.read, { limit: 1 });
  expect(request).toMatchObject({ state: 'released', mode: 'client', outcome: { exitCode: 0, statedByAgent: true } });
  expect(await world.actionsOn(request!)).toEqual(
    expect.arrayContaining(['request.submitted', 'request.approved', 'request.released', 'execution.reported']),
  );

  const again = await gaia(argv, { env });
  expect([again.exit, again.programs]).toEqual([125, []]);
  expect(again.stderr).toContain('was taken before');
});
