import type { By } from '../../core/access/actor.ts';
import type { Blocker } from '../../core/approval/blocker.ts';
import { effectDigestOf, type Request, requestDigestOf } from '../../core/approval/request.ts';
import type { ResolvedChangeset, ResolvedOperation } from '../../core/change/changeset.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import { type ChangesetInput, changesetInput, type Operation, targetOf } from '../../core/change/operations.ts';
import { approvalBlockers } from '../../core/change/preconditions.ts';
import { conflict, forbidden } from '../../core/errors.ts';
import type { Demand } from '../../core/policy/types.ts';
import { read } from '../../core/wire/read.ts';
import { listVotes } from '../../store/decisions.ts';
import { listIntents } from '../../store/intents.ts';
import { findRequest, noSuchRequest } from '../../store/requests.ts';
import type { App } from '../app.ts';
import { mustOperate } from '../operators.ts';
import { beginPublishing } from '../publishing.ts';
import type { Asker } from '../requests.ts';
import { lookAt, withResults } from './looks/look-at.ts';
import { contextFor, factsFor, standingOf } from './resolve.ts';
import { resultsByRef } from './settling.ts';

/** What a changeset would write, and everything in the way. Looks everything up; stores nothing. */
export async function previewChangeset(
  app: App,
  input: unknown,
  asker: Asker,
): Promise<{ changeset: ResolvedChangeset | null; blockers: Blocker[] }> {
  // it shows what stands on GitHub, so it is for those who may propose a change of that
  if (asker.scopes && !asker.scopes.includes('submit:changeset'))
    throw forbidden('This key may not preview a changeset.', {
      reason: 'scope_missing',
      remedy: 'Use a key with the scope submit:changeset.',
    });
  const document = read(changesetInput, input, 'The changeset');
  const { changeset, blockers } = await standingOf(app, document, asker.by.actor);
  return { changeset: changeset ?? null, blockers };
}

/** Looks at an approved changeset now, and says everything that is in the way of it, its approval included. */
export async function publishNow(
  app: App,
  id: string,
  now: number,
  by: By,
): Promise<{ request: Request; blockers: Blocker[] }> {
  mustOperate(app, by);
  const found = await findRequest(app.db.read, id);
  if (found === undefined) throw noSuchRequest(id);
  if (found.payload.kind !== 'changeset')
    throw conflict(`Request ${id} is no changeset.`, {
      reason: 'not_a_changeset',
      remedy: 'Only changesets are published.',
    });
  await beginPublishing(app, id, now, true);
  const request = (await findRequest(app.db.read, id)) as Request;
  if (request.state === 'executing') return { request, blockers: [] };
  const input = found.payload.changeset;
  const { changeset, blockers } = await standingOf(app, input, request.askedBy, app.github.texts);
  const { askedBy, ownerId, demand } = request;
  const digestNow =
    changeset && demand
      ? requestDigestOf({
          effectDigest: effectDigestOf({ v: 1, kind: 'changeset', isTest: request.isTest, changeset }),
          askedBy,
          ownerId,
          demand,
        })
      : null;
  const approval = approvalBlockers(
    {
      request,
      votes: await listVotes(app.db.read, id),
      people: app.people,
      demand: demand as Demand | null,
      digestNow,
      now,
    },
    { target: targetOf(input) },
  );
  return { request, blockers: [...approval, ...blockers] };
}

/** What of a finished changeset is not on GitHub any more, and the changeset that would put it back. */
export async function repairOf(
  app: App,
  id: string,
  by: By,
): Promise<{ gone: { op: string; on: string; why: string }[]; changeset: ChangesetInput | null }> {
  mustOperate(app, by);
  const request = await findRequest(app.db.read, id);
  if (request === undefined) throw noSuchRequest(id);
  if (request.effect?.kind !== 'changeset' || request.payload.kind !== 'changeset')
    throw conflict(`Request ${id} is no changeset.`, {
      reason: 'not_a_changeset',
      remedy: 'Only changesets are repaired.',
    });
  const { changeset } = request.effect;
  const input = request.payload.changeset;
  const intents = (await listIntents(app.db.read, id)).filter(({ state }) => state === 'done');
  const facts = await factsFor(app, input, changeset.target, request.askedBy);
  const context = await contextFor(app, facts);
  const results = resultsByRef(changeset, intents);
  const there = new Map(results);
  const gone: { op: string; on: string; why: string }[] = [];
  const again: Operation[] = [];
  for (const intent of intents) {
    const operation = changeset.operations[intent.place] as ResolvedOperation;
    const why = await whyGone(withResults(operation.input, results), intent.key, {
      ...context,
      where: {},
      afterOwnWrites: true,
    });
    if (why === undefined) continue;
    gone.push({ op: operation.op, on: operation.on, why });
    // what rested on something that is gone rests on what is made in its place
    if (operation.ref) there.delete(operation.ref);
    const { base: _, ...plain } = withResults(operation.input, there) as Operation & { base?: unknown };
    again.push(plain as Operation);
  }
  const { operations: _, ...rest } = input;
  return { gone, changeset: again.length === 0 ? null : { ...rest, operations: again } };
}

async function whyGone(
  input: Operation,
  key: string,
  context: Parameters<typeof lookAt>[1],
): Promise<string | undefined> {
  try {
    const looked = await lookAt(input, context);
    if (looked.traces) return (await looked.traces(key, 0)).length > 0 ? undefined : 'nothing with its mark is there';
    return looked.unchanged ? undefined : 'it is not as it was left';
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    if (error.failure.code === 'not_found') return 'what it was about is not there';
    // it is there, and people have gone on with it since: that is theirs
    if (['remote_mismatch', 'remote_ambiguous', 'remote_validation_failed'].includes(error.failure.code))
      return undefined;
    throw error;
  }
}
