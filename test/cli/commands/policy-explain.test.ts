import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { close, httpRoutes, listen } from '../../../src/http/server.ts';
import { listRequests } from '../../../src/store/request-lists.ts';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';
import { gaia } from '../a-terminal.ts';

const policy = `version: 1
rules:
  - { name: it touches issues, match: { operation: "issue.*" }, tier: critical }
github:
  repos:
    - repo: local/demo
      operations: [issue.create,
        issue.comment.create]
      labels: [bug]
      gated: [issue.comment.create]
`;

/** Explains a changeset to an agent, on a whole Gaia. */
async function anExplainer() {
  const world = await aWorld({ policy, approvers: ['local', '111'] });
  const { door, agent } = anApi(world);
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(server, 0));
  serve(httpRoutes(door, port));
  const { secret } = await agent('builder');
  const env = { GAIA_URL: `http://127.0.0.1:${port}`, GAIA_API_KEY: secret };
  const explains = (changeset: object, ...more: string[]) => {
    const file = join(world.cwd, 'change.json');
    writeFileSync(file, JSON.stringify(changeset));
    return gaia(['policy', 'explain', ...more, file], { env });
  };
  return { world, explains };
}

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };

test('gaia policy explain says of each operation of a changeset file whether it is allowed, and by which line', async () => {
  const { world, explains } = await anExplainer();
  const allowed = await explains({ repo: 'local/demo', operations: [issue] });
  expect(allowed.exit).toBe(0);
  expect(allowed.stdout).toMatchInlineSnapshot(`
    "Tier critical: 2 approvals, confirmed by a second act, not only by the owner of the agent, because it touches issues; a person decides on every request.
    ✓ operation 1, issue.create: allowed, line 7 of the policy lists it for local/demo
    ✓ it touches issues
        one of its operations is “issue.create”
    · does not apply: it writes to GitHub for real
        the transport is not live: nothing of it leaves this machine
    ✓ a person decides on every request
        it looks at every request
    "
  `);

  const denied = await explains({
    repo: 'local/demo',
    operations: [
      issue,
      { op: 'issue.comment.create', number: 1, body: 'Now.' },
      { op: 'issue.assign', number: 1, assignees: ['octocat'] },
    ],
  });
  expect(denied.exit).toBe(6);
  expect(denied.stdout).toMatchInlineSnapshot(`
    "It would be blocked: nobody is asked about it.
    ✓ operation 1, issue.create: allowed, line 7 of the policy lists it for local/demo
    ✓ operation 2, issue.comment.create: allowed, line 8 of the policy lists it for local/demo; both gates must have passed
    ✕ operation 3, issue.assign: denied, line 6 of the policy speaks of local/demo, and does not list it
    operation_denied (operation 3, issue.assign): The policy does not allow issue.assign on local/demo.
      → The administrator can allow it under \`github:\` in the policy (runbooks/github-live.md).
    workflow_context_missing (operation 2, issue.comment.create): This operation needs a run that has entered verification.
      → Start a run (\`gaia github run start\`) and name it as runId.
    "
  `);

  const foreign = await explains({ repo: 'octo/app', operations: [issue] });
  expect(foreign.exit).toBe(6);
  expect(foreign.stdout).toContain('✕ operation 1, issue.create: denied, the policy says nothing of octo/app');
  expect(await listRequests(world.db.read, { limit: 10 })).toEqual([]);
});

test('gaia policy explain says what an approved changeset would wait for', async () => {
  const { world, explains } = await anExplainer();
  await world.person('local').pauses();
  const { exit, stdout } = await explains({ repo: 'local/demo', operations: [issue] });
  expect(exit).toBe(0);
  expect(stdout).toContain('Approved, it would wait for:\npaused: Gaia is paused: nothing new starts.\n  → ');
});

test('gaia policy explain refuses a file that is no changeset, naming the fault', async () => {
  const { explains } = await anExplainer();
  const { exit, stderr } = await explains({ repo: 'local/demo', operations: [{ ...issue, state: 'closed' }] });
  expect(exit).toBe(2);
  expect(stderr).toContain('changeset.operations[0].state is not known here');
});
