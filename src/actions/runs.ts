import { z } from 'zod';
import { type By, personOf } from '../core/access/actor.ts';
import type { Scope } from '../core/access/key.ts';
import { type Gate, gateNames, gateVerdicts, moveOf, ownerOfRun, type Run, runAfter } from '../core/change/run.ts';
import { repoName } from '../core/change/target.ts';
import { conflict, forbidden, invalid } from '../core/errors.ts';
import { read } from '../core/wire/read.ts';
import { text } from '../core/wire/text.ts';
import type { Tx } from '../store/database.ts';
import { hasAskedForWritesOf } from '../store/requests-of-run.ts';
import { findRun, getRun, insertGate, insertRun, listGates, noSuchRun, saveRun } from '../store/runs.ts';
import { type App, eventBy, newShortId } from './app.ts';
import type { Asker } from './requests.ts';

const branch = z.string().regex(/^[A-Za-z0-9._/#+-]{1,200}$/, 'must be the name of a branch');
const commit = z.string().regex(/^[0-9a-f]{40}$/, 'must be the 40 hexadecimal digits of a commit');

/** What `POST /v1/github/runs` takes. */
export const runRequest = z.strictObject({
  workspace: text({ min: 1, max: 4_096 })
    .refine((path) => path.startsWith('/'), 'must be an absolute path')
    .describe("directory of the work, on Gaia's host"),
  remote: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be the name of a git remote')
    .default('origin'),
  repo: repoName,
  head: branch,
  base: branch,
});

export const verifyRequest = z.strictObject({ headSha: commit.describe('the commit that is verified from now on') });

export const gateRequest = z.strictObject({
  gate: z.enum(gateNames),
  verdict: z.enum(gateVerdicts),
  headSha: commit.describe('the commit that the verdict is about'),
  artifacts: z
    .array(
      z.strictObject({
        path: text({ min: 1, max: 1_000 }),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256'),
      }),
    )
    .max(20, 'at most 20 artifacts')
    .default([])
    .describe('the evidence: files of the workspace, by content'),
});

export const failRequest = z.strictObject({ reason: text({ min: 1, max: 500 }).optional() });

/** Begins work that leads to a handoff. */
export async function startRun(app: App, input: unknown, asker: Asker): Promise<Run> {
  const { head, base, ...asked } = read(runRequest, input, 'The run');
  mustWork(asker);
  if (head === base)
    throw invalid('Head and base are the same branch.', {
      faults: [{ field: 'head', message: 'must not be the base' }],
    });
  return app.db.write(async (tx) => {
    for (;;) {
      const run: Run = {
        ...asked,
        id: newShortId(app, 'g'),
        version: 1,
        state: 'running',
        epoch: 0,
        head,
        base,
        headSha: null,
        startedBy: asker.by.actor,
        ownerId: asker.ownerId,
        createdAt: tx.now,
        endedAt: null,
        endText: null,
      };
      if (!(await insertRun(tx, run))) continue;
      const { repo, workspace, remote } = run;
      tx.record(
        eventBy(asker.by, 'run.started', `run:${run.id}`, { repo, head, base, workspace, remote, createdAt: tx.now }),
      );
      return run;
    }
  });
}

/** Enters verification for a commit: a new epoch, in which no gate has been passed yet. */
export async function verifyRun(app: App, id: string, input: unknown, asker: Asker): Promise<Run> {
  const { headSha } = read(verifyRequest, input, 'The verification');
  const verified = await app.db.write(async (tx) => {
    const run = await getOwnRun(tx, id, asker.by);
    const state = runAfter('verify', run.state);
    if (!state) throw notNow(run, 'verified');
    const moved = await saveRun(tx, { ...run, state, epoch: run.epoch + 1, headSha });
    tx.record(
      eventBy(asker.by, 'run.verification_entered', `run:${id}`, { epoch: moved.epoch, headSha, from: run.state }),
    );
    return moved;
  });
  await app.github.transport.push?.(verified.repo, verified.head, headSha);
  return verified;
}

/** Ends a run for good. */
export async function failRun(app: App, id: string, input: unknown, asker: Asker): Promise<Run> {
  const { reason } = read(failRequest, input, 'The end');
  return app.db.write(async (tx) => {
    const run = await getOwnRun(tx, id, asker.by);
    const state = runAfter('fail', run.state);
    if (!state) throw notNow(run, 'failed');
    const failed = await saveRun(tx, { ...run, state, endedAt: tx.now, endText: reason ?? null });
    tx.record(
      eventBy(asker.by, 'run.failed', `run:${id}`, { reason: reason ?? null, epoch: run.epoch, from: run.state }),
    );
    return failed;
  });
}

/** Records a verdict of the present epoch. Whoever works on a run, or asks for its writes, does not judge it. */
export async function recordGate(
  app: App,
  id: string,
  input: unknown,
  asker: Asker,
): Promise<{ run: Run; gate: Gate }> {
  const { gate, verdict, headSha, artifacts } = read(gateRequest, input, 'The verdict');
  const needed: Scope = `gate:${gate}`;
  if (asker.by.actor !== 'admin' && personOf(asker.by.actor) === undefined && !asker.scopes?.includes(needed))
    throw forbidden(`This key may not record ${gate}.`, {
      reason: 'scope_missing',
      remedy: `Use a key with the scope ${needed}.`,
    });
  if (asker.by.actor === 'admin')
    throw forbidden('The admin key judges nothing.', {
      reason: 'admin_cannot_judge',
      remedy: `Use a key with the scope ${needed}.`,
    });
  const looked = await findRun(app.db.read, id);
  if (!looked) throw noSuchRun(id);
  if (verdict === 'PASS' && artifacts.length === 0)
    throw invalid('A PASS without evidence is none.', {
      reason: 'artifact_needed',
      remedy: 'Name at least one file of the workspace that shows it: `--artifact FILE`.',
      faults: [{ field: 'artifacts', message: 'must name at least one file for a PASS' }],
    });
  for (const [place, { path, sha256 }] of artifacts.entries()) {
    const now = await app.github.hashOf(looked.workspace, path);
    if (now !== sha256) {
      const message =
        now === undefined ? 'is no file of the workspace that can be read (at most 32 MiB)' : 'has another content';
      throw invalid(`The artifact ${path} ${message}.`, {
        reason: 'artifact_differs',
        faults: [{ field: `artifacts[${place}]`, message }],
      });
    }
  }
  return app.db.write(async (tx) => {
    const run = await getRun(tx, id);
    await mustBeIndependent(tx, run, gate, asker);
    if (run.epoch === 0) throw notNow(run, 'judged before it entered verification');
    if (headSha !== run.headSha)
      throw conflict(`Epoch ${run.epoch} of run ${id} is about another commit.`, {
        reason: 'head_sha_mismatch',
        remedy: `Judge ${run.headSha ?? 'the commit it names'}, or enter verification again.`,
        facts: { headSha: run.headSha, epoch: run.epoch },
      });
    const recorded: Gate = {
      gate,
      epoch: run.epoch,
      verdict,
      headSha,
      artifacts,
      recordedBy: asker.by.actor,
      ownerId: asker.ownerId,
      recordedAt: tx.now,
    };
    const before = (await listGates(tx, id)).filter((one) => one.gate === gate && one.epoch === run.epoch).at(-1);
    const state = runAfter(moveOf(gate, verdict), run.state);
    if (before && sameVerdict(before, recorded)) return { run, gate: before };
    if (!state) throw notNow(run, `given a verdict of ${gate}`);
    await insertGate(tx, id, recorded);
    const moved = await saveRun(tx, { ...run, state });
    tx.record(
      eventBy(asker.by, 'gate.recorded', `run:${id}`, {
        gate,
        verdict,
        epoch: run.epoch,
        headSha,
        artifacts: artifacts.map(({ path, sha256 }) => ({ path, sha256 })),
        recordedAt: tx.now,
      }),
    );
    return { run: moved, gate: recorded };
  });
}

/** A finished publish hands the run over to people. */
export async function handOff(tx: Tx, id: string, epoch: number, by: By): Promise<void> {
  const run = await getRun(tx, id);
  const state = runAfter('hand_off', run.state);
  if (!state || run.epoch !== epoch) return;
  await saveRun(tx, { ...run, state, endedAt: tx.now });
  tx.record(eventBy(by, 'run.handed_off', `run:${id}`, { epoch: run.epoch }));
}

const sameVerdict = (one: Gate, other: Gate): boolean =>
  one.verdict === other.verdict &&
  one.headSha === other.headSha &&
  JSON.stringify(one.artifacts) === JSON.stringify(other.artifacts);

async function mustBeIndependent(tx: Tx, run: Run, gate: Gate['gate'], { by, ownerId }: Asker): Promise<void> {
  const refuse = (why: string) =>
    forbidden(why, { reason: 'not_independent', remedy: 'Let another agent, or a person, record this verdict.' });
  if (by.actor === run.startedBy) throw refuse(`Whoever started run ${run.id} does not judge it.`);
  if (await hasAskedForWritesOf(tx, run.id, by.actor))
    throw refuse(`Whoever asks for the writes of run ${run.id} does not judge it.`);
  const owner = personOf(by.actor) ?? ownerId;
  if (gate === 'internal_review' && owner !== null && owner === ownerOfRun(run))
    throw refuse(
      `The internal review is by nobody who owns what started run ${run.id}, nor by another agent of theirs.`,
    );
}

async function getOwnRun(tx: Tx, id: string, by: By): Promise<Run> {
  const run = await getRun(tx, id);
  if (run.startedBy !== by.actor && by.actor !== 'admin' && personOf(by.actor) === undefined) throw noSuchRun(id);
  return run;
}

function mustWork({ by, scopes }: Asker): void {
  if (by.actor === 'admin')
    throw forbidden('The admin key starts no work.', {
      reason: 'admin_cannot_ask',
      remedy: 'Use the key of an agent.',
    });
  if (scopes && !scopes.includes('submit:changeset'))
    throw forbidden('This key may not start a GitHub run.', {
      reason: 'scope_missing',
      remedy: 'Use a key with the scope submit:changeset.',
    });
}

const notNow = (run: Run, what: string) =>
  conflict(`The run ${run.id} is ${run.state} and cannot be ${what}.`, {
    reason: 'run_state',
    remedy: 'Look at it: `gaia github run status`.',
    facts: { state: run.state, epoch: run.epoch },
  });
