import type { People } from '../access/actor.ts';
import { stricter } from '../policy/stricter.ts';
import type { Judgement } from '../policy/types.ts';
import type { Blocker } from './blocker.ts';
import { tally, type Vote } from './decision.ts';
import type { Request } from './request.ts';

/** What is known of an approved request in the instant before its effect would start. */
export interface StartFacts {
  request: Request;
  votes: readonly Vote[];
  people: People;
  generation: number;
  paused: boolean;
  /** judged under the policy in force now */
  judgement: Judgement;
  /** the mode the same submission would have now; null where it has none, or cannot be looked up */
  modeNow: Request['mode'];
  /** whether this Gaia starts commands at all */
  mayExecute: boolean;
  /** what else runs and must end first */
  busy: readonly Blocker[];
  /** digest of the effect resolved again just now; undefined when it cannot be resolved any more */
  effectDigestNow: string | undefined;
  /** why it cannot be resolved any more */
  blockersNow: readonly Blocker[];
  now: number;
}

export type StartRuling =
  | { kind: 'proceed' }
  /** keeps `approved` and is looked at again */
  | { kind: 'wait'; blockers: Blocker[] }
  | { kind: 'end'; move: 'expire' | 'outdate'; code: string; text: string };

/** Judges an approved request again, under everything that holds now. */
export function ruleOnStart(facts: StartFacts): StartRuling {
  const { request, votes, people, judgement, now } = facts;
  const outdated = (code: string, text: string): StartRuling => ({ kind: 'end', move: 'outdate', code, text });

  if (request.effectBy !== null && now >= request.effectBy) {
    return { kind: 'end', move: 'expire', code: 'not_started', text: 'Its approval ran out before it could start.' };
  }
  if (request.generation !== facts.generation) {
    return outdated(
      'generation_changed',
      'It was asked before the store was restored; nothing from before a restore ever starts.',
    );
  }
  const rule = stricter(request.demand as NonNullable<Request['demand']>, judgement);
  if (rule) return outdated('policy_stricter', `The policy has become stricter: ${rule.message}`);
  if (judgement.verdict === 'ask') {
    const count = tally(votes, request, judgement.demand, people);
    if (!count.enough) {
      return outdated('quorum_not_met', `Not enough of its approvals count any more; missing: ${count.missing}.`);
    }
  }
  if ((facts.modeNow !== null && facts.modeNow !== request.mode) || (request.mode === 'real' && !facts.mayExecute)) {
    return outdated(
      'mode_changed',
      facts.mayExecute
        ? 'It was approved as a rehearsal, and commands are started now.'
        : 'It was approved to be started, and this Gaia only rehearses commands now.',
    );
  }
  if (facts.effectDigestNow === undefined) {
    return outdated(
      'effect_changed',
      facts.blockersNow.map((blocker) => blocker.message).join(' ') || 'It cannot be looked up any more.',
    );
  }
  if (facts.effectDigestNow !== request.effectDigest) {
    return outdated(
      'effect_changed',
      'Something it is made of changed after it was approved: the program, the directory, a file it names or what it runs in.',
    );
  }
  const waits = [...(facts.paused ? [pausedBlocker] : []), ...facts.busy];
  if (waits.length > 0) return { kind: 'wait', blockers: waits };
  return { kind: 'proceed' };
}

export const pausedBlocker: Blocker = {
  code: 'paused',
  phase: 'publish',
  message: 'Gaia is paused: nothing new starts.',
  remedy: 'An operator can type `gaia resume`.',
};
