import type { By } from '../core/access/actor.ts';
import { invalid } from '../core/errors.ts';
import { diffPolicies } from '../core/policy/diff.ts';
import { parsePolicy } from '../core/policy/parse.ts';
import { builtInPolicy, type Policy, policyDigest } from '../core/policy/policy.ts';
import { holdInstallation } from '../store/installation.ts';
import { findLastPolicy, savePolicy } from '../store/policies.ts';
import { type App, eventBy, type PolicyInForce } from './app.ts';
import { notify } from './deliveries.ts';

/** Reads a policy text, or throws `invalid` with every fault and its line. An empty text is the built-in policy. */
export function readPolicy(text: string): PolicyInForce {
  const digest = policyDigest(text);
  if (text.trim() === '') return { policy: builtInPolicy, digest };
  const result = parsePolicy(text);
  if ('policy' in result) return { policy: result.policy, digest };
  const { faults } = result;
  throw invalid(`The policy has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}.`, {
    reason: 'policy_invalid',
    remedy:
      'Correct the lines named; until then the policy before stays in force. `gaia policy check FILE` looks without loading.',
    faults: faults.map(({ line, column, field, message }) => ({ field: `line ${line}:${column} ${field}`, message })),
  });
}

/**
 * Puts a policy in force: an event and a notice with what changed, unless it already was. `undefined`: there is no file,
 * which only goes while no other rules were in force.
 */
export async function loadPolicy(app: App, given: string | undefined, by: By): Promise<{ changes: string[] }> {
  const text = given ?? '';
  const loaded = readPolicy(text);
  const changes = await app.db.write(async (tx) => {
    await holdInstallation(tx); // what is being started sees it, or comes before it
    const last = await findLastPolicy(tx);
    if (last?.digest === loaded.digest) return [];
    if (given === undefined && last && last.text.trim() !== '') throw policyGone();
    const before = last ? readAnyPolicy(last.text) : builtInPolicy;
    const differences = before
      ? diffPolicies(before, loaded.policy)
      : ['The policy before was written in words this version does not read any more.'];
    const loadedAt = Math.max(tx.now, (last?.loadedAt ?? 0) + 1); // rises, so that the last one is known in any instant
    await savePolicy(tx, { digest: loaded.digest, text, loadedAt, loadedBy: by.actor });
    tx.record(
      eventBy(by, 'policy.loaded', `policy:${loaded.digest.slice(0, 12)}`, {
        digest: loaded.digest,
        before: last?.digest ?? null,
        loadedAt,
        changes: differences,
      }),
    );
    if (last) await notify(app, tx, 'system', { about: 'policy', by: by.actor, changes: differences });
    return differences;
  });
  app.inForce = loaded;
  return { changes };
}

const policyGone = () =>
  invalid('The policy file is gone, and the rules in it were in force.', {
    reason: 'policy_missing',
    remedy: 'Put it back. To go on with the built-in rules alone, put an empty policy.yaml there.',
  });

/**
 * Follows what another instance put in force: all of them judge by the policy that was loaded last.
 * @returns its digest, to be compared again in the transaction that relies on it
 */
export async function followPolicy(app: App): Promise<string> {
  const last = await findLastPolicy(app.db.read);
  if (last && last.digest !== app.inForce.digest) app.inForce = readPolicy(last.text);
  return app.inForce.digest;
}

/** A policy of the past; undefined where this version cannot read it. */
function readAnyPolicy(text: string): Policy | undefined {
  if (text.trim() === '') return builtInPolicy;
  const result = parsePolicy(text);
  return 'policy' in result ? result.policy : undefined;
}
