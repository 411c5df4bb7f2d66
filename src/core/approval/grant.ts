import { agentOf, type People } from '../access/actor.ts';
import { unboundHere } from '../command/never-bound.ts';
import { mayChange } from '../command/plain-programs.ts';
import { riskOf } from '../command/risk.ts';
import { conflict, type GaiaError } from '../errors.ts';
import { stricter } from '../policy/stricter.ts';
import type { Demand, Judgement } from '../policy/types.ts';
import { visible } from '../text/visible.ts';
import { tally, type Vote } from './decision.ts';
import { factsFor } from './facts.ts';
import type { Request } from './request.ts';

/** How long a grant holds, and how often it can be used: whichever is over first. */
export const grantLimits = { lastsMs: 3_600_000, uses: 10 } as const;

/** Why a grant is over. */
export type GrantEnd =
  | 'expired'
  | 'used_up'
  | 'revoked'
  | 'policy_stricter'
  | 'approver_removed'
  | 'keys_revoked'
  | 'generation_changed';

/** A standing permission for one agent and one effect, given by one person. */
export interface Grant {
  id: string;
  agentId: string;
  effectDigest: string;
  /** the request it was given with */
  requestId: string;
  generation: number;
  givenBy: string;
  givenAt: number;
  expiresAt: number;
  usesMax: number;
  uses: number;
  endedAt: number | null;
  endedBy: string | null;
  endCode: GrantEnd | null;
}

/**
 * Why what this request asks for can not be allowed in advance; undefined where it can. Only a command of an agent that
 * one person may approve by one act, and nothing that could run something else than it shows: only programs known to do
 * always the same with what is bound, and what the policy names under `grantable`; no shell, interpreter, wrapper, or
 * program that others can replace even then.
 */
export function grantMisfit(
  request: Pick<Request, 'kind' | 'askedBy' | 'effect' | 'demand' | 'remarks'>,
): GaiaError | undefined {
  const { effect, demand, askedBy, remarks } = request;
  const misfit = (why: string, remedy = 'Approve this one request alone.') =>
    conflict(`This cannot be allowed in advance: ${why}.`, { reason: 'not_grantable', remedy });
  if (effect?.kind !== 'command') return misfit('only commands can');
  if (agentOf(askedBy) === undefined) return misfit('only what an agent asks for can');
  const [risk] = riskOf(factsFor(effect, { actor: askedBy }).command);
  if (risk !== undefined) return misfit(risk.words);
  if (effect.command.executable.binding === 'stated')
    return misfit('the agent runs it itself, and Gaia cannot see which program that is');
  if (demand === null || demand.tier !== 'normal') return misfit('its tier is above normal');
  if (demand.approvals !== 1 || demand.confirm || demand.notOnlyOwner)
    return misfit('more than one act must approve it');
  if (demand.grantable) return undefined; // its administrator answers for what it reads
  const changes = mayChange(effect.command);
  if (changes !== undefined)
    return misfit(
      changes,
      'Approve this one request alone; the administrator can name the command under `grantable` in the policy.',
    );
  const [open] = unboundHere(remarks.unbound);
  if (open !== undefined) return misfit(`${visible(open.name)} is not covered by an approval (${visible(open.why)})`);
  return undefined;
}

/** The approval that a grant stands for on a request. */
export const voteByGrant = ({ givenBy, givenAt }: Grant, { digest }: Pick<Request, 'digest'>): Vote => ({
  personId: givenBy,
  verdict: 'approve',
  digest: digest ?? '',
  reasonCode: null,
  reasonText: null,
  answer: null,
  source: 'grant',
  decidedAt: givenAt,
});

/** Why a grant that is not over yet must end now; undefined where it holds. */
export function endOfGrant(
  grant: Grant,
  facts: {
    /** the request it was given with */
    given: Pick<Request, 'askedBy' | 'ownerId' | 'demand' | 'digest' | 'kind' | 'effect' | 'remarks'>;
    /** of the same effect, under the policy in force now */
    judgement: Judgement;
    people: People;
    generation: number;
    now: number;
  },
): GrantEnd | undefined {
  const { given, judgement, people, generation, now } = facts;
  if (now >= grant.expiresAt) return 'expired';
  if (grant.uses >= grant.usesMax) return 'used_up';
  if (grant.generation !== generation) return 'generation_changed';
  if (judgement.verdict === 'deny') return 'policy_stricter';
  if (stricter(given.demand as Demand, judgement) || grantMisfit({ ...given, demand: judgement.demand }))
    return 'policy_stricter';
  const { enough } = tally([voteByGrant(grant, given)], given, judgement.demand, people);
  return enough ? undefined : 'approver_removed';
}

/** Whether an ended grant had still been good for what it was used for before. */
export const wasTakenBack = ({ endCode }: Pick<Grant, 'endCode'>): boolean =>
  endCode !== null && endCode !== 'expired' && endCode !== 'used_up';
