import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { How } from '../../support/github/faults.ts';
import { type GitHubDouble, openGitHub } from '../../support/github/github.ts';
import type { Gaia } from '../gaia.ts';
import { aHome } from '../gaia-process.ts';
import { type CallHttp, caller } from '../http.ts';
import { keeper } from '../one-life.ts';
import { chance, type Proof, type Violation } from '../proof.ts';

/** Where on the way of a write Gaia is ended or fails, and what happens to GitHub's answer meanwhile. */
const steps: readonly string[] = [
  'github.send.before',
  'github.send.after',
  'github.record.after',
  'store.commit.before',
  'store.commit.after',
];
/** Of the write whose answer it is; all but the last three say that it was done. */
const answers: readonly (How | undefined)[] = [
  'reset_after',
  undefined,
  { status: 502, after: true },
  'cut_body',
  'garbled_body',
  { limit: 'secondary', retryAfter: 1 },
  { status: 500, after: true },
  { redirect: '/repositories/1/issues', status: 307 },
  'hang_after',
];
/** What takes longer than a short proof has: a whole deadline. */
const isSlow = (how: How | undefined): boolean => how === 'hang_after';
/** Commits before this one come before the changeset is approved. */
const firstCommit = 12;
/** In the short form a life ends here, though Gaia would go on looking for what was lost: in seconds. */
const shortWait = 8;
const atOnce = 3;

const policy = `
version: 1
github:
  repos:
    - { repo: octo/app, operations: [issue.create, issue.comment.create], labels: [bug] }
`;
const changeset = {
  repo: 'octo/app',
  operations: [
    { op: 'issue.create', ref: 'a', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] },
    { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' },
  ],
};

export const publishSteps: Proof = {
  name: 'publish-steps',
  shows:
    'a write to GitHub is there once, and never twice, wherever Gaia is killed or fails and whatever answer is lost',
  async run({ gaia, full, trials, seed, progress, signal }) {
    const violations: Violation[] = [];
    const { call, close } = caller();
    const { between, shuffled } = chance(seed);
    const lot = (step: string, action: string, nth: number, how: How | undefined): Lot => ({
      armed: `${step}:${action}:${nth}`,
      how,
    });
    const every = steps.flatMap((step) =>
      (['kill', 'throw'] as const).flatMap((action) =>
        Array.from({ length: 40 }, (_, nth) =>
          lot(step, action, step.startsWith('store') ? firstCommit + nth : nth + 1, answers[nth % answers.length]),
        ),
      ),
    );
    // The short form tries each step once and each answer once; some of them together, some commits, by chance.
    const [quick, at] = [shuffled(answers.filter((how) => !isSlow(how))), between(0, 20)];
    const some = [
      ...steps.map((step, place) =>
        lot(
          step,
          (place + at) % 2 === 0 ? 'kill' : 'throw',
          step.startsWith('store') ? firstCommit + at : 1,
          quick[place],
        ),
      ),
      ...quick.slice(steps.length).map((how) => lot('github.record.after', 'throw', 99, how)),
    ];
    const chosen = full ? every : trials === undefined ? shuffled(some) : some.concat(every).slice(0, trials);
    const of = chosen.length;
    let lives = 0;
    let written = 0;
    const work = async (): Promise<void> => {
      for (let next = chosen.shift(); next && !signal.aborted; next = chosen.shift()) {
        const end = await oneWrite(gaia, call, next, full ? 120 : shortWait);
        violations.push(...end.violations);
        written += end.isWritten ? 1 : 0;
        progress(++lives, of);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work)).finally(close);
    if (written === 0 && lives > 0)
      violations.push({ invariant: 'publish-steps', message: 'nothing was ever written, so nothing is shown' });
    return { trials: lives, violations, figures: { written, 'left for a person': lives - written } };
  },
};

interface Lot {
  armed: string;
  how: How | undefined;
}

/** A life in which a changeset of two operations is approved, with one step armed and one answer lost. */
async function oneWrite(
  gaia: Gaia,
  call: CallHttp,
  { armed, how }: Lot,
  patience: number,
): Promise<{ violations: Violation[]; isWritten: boolean }> {
  const github = await openGitHub({ clock: { now: Date.now } });
  github.addRepository('octo/app', { labels: ['bug'] });
  const home = aHome();
  mkdirSync(join(home.path, 'checkpoints'), { mode: 0o700 });
  writeFileSync(join(home.path, 'checkpoints', 'CHECKPOINT_1.md'), 'Looked at everything.\n');
  writeFileSync(join(home.path, 'policy.yaml'), policy);
  const house = keeper(gaia, home, call, armed, {
    GITHUB_TRANSPORT: 'live',
    GITHUB_API_URL: github.url,
    GITHUB_TOKEN: github.token(),
    GITHUB_ALLOWED_REPOS: 'octo/app',
    ENABLE_REMOTE_UPDATER: 'true',
  });
  const violations: Violation[] = [];
  const report = (invariant: string, message: string) =>
    violations.push({ invariant, message: `${armed}, ${JSON.stringify(how) ?? 'every answer'}: ${message}` });
  let isWritten = false;
  try {
    await house.insist('/healthz');
    const key = { authorization: `Bearer ${readFileSync(join(home.path, 'agent.key'), 'utf8').trim()}` };
    const person = await house.signIn();
    const approves = async (name: string, body: object): Promise<string> => {
      const asked = await house.insist('/v1/requests', {
        method: 'POST',
        headers: key,
        body: { ...body, idempotencyKey: name },
      });
      const { id, digest } = asked.json as { id: string; digest: string };
      await house.insist(`/requests/${id}`, { headers: { ...person, accept: 'text/html' } });
      for (const confirm of [false, true]) {
        const decided = await house.insist(`/v1/requests/${id}/decisions`, {
          method: 'POST',
          headers: person,
          body: { verdict: 'approve', digest, ...(confirm && { confirm }) },
        });
        if (decided.status === 200) break;
      }
      return id;
    };
    const checkpoint = await approves('checkpoint', { kind: 'checkpoint', checkpoint: { number: 1 } });
    await house.insist(`/v1/requests/${checkpoint}/wait?seconds=10`, { headers: key });
    if (how !== undefined) github.fails({ method: 'POST', path: /\/issues$/, how });
    const id = await approves('changeset', { kind: 'changeset', changeset });
    const ended = await waitFor(id, patience, (path) => house.insist(path, { headers: key }));
    const { state, operations = [] } = (ended ?? {}) as { state?: string; operations?: { outcome: string }[] };
    const made = github.created();
    for (const [kind, count] of Object.entries(made))
      if (count > 1) report('I7', `${count} ${kind} came to be of one (${state})`);
    isWritten = state === 'executed';
    if (isWritten && (made.issue !== 1 || made.issue_comment !== 1))
      report('I1', `it is ${state}, and ${JSON.stringify(made)} came to be`);
    const mayFail = typeof how === 'object' && 'redirect' in how; // proves that nothing was done
    if (mayFail && state === 'failed' && Object.keys(made).length > 0)
      report('I1', `it is failed, and ${JSON.stringify(made)} came to be`);
    if (state !== 'executed' && state !== 'unknown' && state !== 'executing' && !(mayFail && state === 'failed'))
      report('I4', `it is ${state}: ${operations.map(({ outcome }) => outcome).join(', ')}`);
    await house.close(report);
  } catch (error) {
    report(
      'publish-steps',
      `${error instanceof Error ? error.message : String(error)}\n${home.printed.join('').slice(-1_500)}`,
    );
  } finally {
    await home.remove();
    await closed(github);
  }
  return { violations, isWritten };
}

const closed = (github: GitHubDouble) => github.close();

/** Until its end, until only a person can go on, or for so many seconds; patient looks take a minute and a half. */
async function waitFor(
  id: string,
  patience: number,
  look: (path: string) => Promise<{ json: Record<string, unknown> | undefined }>,
): Promise<Record<string, unknown> | undefined> {
  for (let waited = 0; ; waited += 4) {
    const { json } = await look(`/v1/requests/${id}/wait?seconds=4`);
    if (json?.ended === true || json?.state === 'unknown' || waited >= patience) return json;
  }
}
