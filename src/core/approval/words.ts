import type { Binding, ResolvedCommand } from '../command/command.ts';
import type { Isolation } from '../command/sandbox.ts';
import type { TierName } from '../policy/types.ts';
import type { DenyReason } from './decision.ts';
import type { RequestKind, RequestState } from './states.ts';

/** A state as people read it: a sign and a word, so that it never rests on colour alone. */
export const stateWords: Record<
  RequestState,
  { sign: string; word: string; tone: 'waiting' | 'good' | 'bad' | 'over' }
> = {
  pending: { sign: '●', word: 'waiting', tone: 'waiting' },
  blocked: { sign: '⊘', word: 'blocked', tone: 'bad' },
  approved: { sign: '✓', word: 'approved', tone: 'good' },
  denied: { sign: '✕', word: 'denied', tone: 'bad' },
  answered: { sign: '✓', word: 'answered', tone: 'good' },
  expired: { sign: '◷', word: 'expired', tone: 'over' },
  withdrawn: { sign: '↩', word: 'withdrawn', tone: 'over' },
  executing: { sign: '▶', word: 'running', tone: 'waiting' },
  executed: { sign: '✓', word: 'done', tone: 'good' },
  failed: { sign: '✕', word: 'failed', tone: 'bad' },
  unknown: { sign: '?', word: 'outcome unknown', tone: 'bad' },
  released: { sign: '→', word: 'handed to the agent', tone: 'good' },
  recorded: { sign: '✓', word: 'recorded', tone: 'good' },
  stale: { sign: '≠', word: 'out of date', tone: 'over' },
};

export const kindWords: Record<RequestKind, { ask: string; noun: string }> = {
  command: { ask: 'asks to run', noun: 'command' },
  question: { ask: 'asks', noun: 'question' },
  changeset: { ask: 'asks to write', noun: 'changeset' },
  checkpoint: { ask: 'asks to record', noun: 'checkpoint' },
  act: { ask: 'asks to change', noun: 'act' },
};

export const tierWords: Record<TierName, { word: string; meaning: string }> = {
  normal: { word: 'Normal', meaning: 'one approval is enough unless a rule says otherwise' },
  high: { word: 'High risk', meaning: 'approving takes a second press within 60 seconds' },
  critical: {
    word: 'Critical',
    meaning: 'several people approve, one of whom does not own the agent; each presses twice',
  },
};

export const denyWords: Record<DenyReason, string> = {
  wrong_target: 'Wrong target',
  too_risky: 'Too risky',
  not_now: 'Not now',
  need_more_information: 'Need more information',
  other: 'Other',
};

export const bindingWords: Record<Binding, { word: string; meaning: string }> = {
  fixed: {
    word: 'fixed',
    meaning:
      'Nobody but the administrator or Gaia can replace it where it lies; its content is compared again before the start.',
  },
  held: { word: 'held', meaning: 'Others could replace it, so the content approved here is what would be used.' },
  checked: {
    word: 'checked',
    meaning: 'Others could change it; its content is compared before the start and again after the end.',
  },
  stated: { word: 'as stated', meaning: 'The agent says so; Gaia has looked at nothing.' },
};

const isolationWords: Record<Isolation, string> = {
  bwrap: 'sandboxed',
  user: 'under a user of its own',
  none: 'UNSANDBOXED: it can read what Gaia can read',
};

/** How approved commands are carried out, for pages about the whole of Gaia. */
export const executionWords = ({
  execution,
  executionUser,
}: {
  execution: Isolation | 'dry_run';
  executionUser: string | null;
}): string =>
  execution === 'dry_run'
    ? 'rehearsals only, nothing is started'
    : `run here, ${isolationWords[execution]}${executionUser === null ? '' : ` (${executionUser})`}`;

/** What a command runs in, on one line. Parts of it come from the policy; show it as `visible` text. */
export function sandboxWords(sandbox: ResolvedCommand['sandbox']): string {
  if (sandbox === 'none') return 'none';
  const { isolation, profile, user, network, writable, path, home } = sandbox;
  return [
    `${isolationWords[isolation]}${profile === 'default' ? '' : `, profile ${profile}`}`,
    ...(user === undefined ? [] : [`as ${user}`]),
    ...(isolation === 'bwrap'
      ? [
          network ? 'with network' : 'no network',
          writable.length === 0
            ? 'writes nowhere'
            : `writes ${writable.map((place) => (place === '.' ? 'its directory' : place)).join(', ')}`,
          ...(path.length === 0 ? [] : [`reads ${path.join(', ')}`]),
        ]
      : []),
    ...(home === undefined ? [] : [`home ${home}`]),
  ].join('; ');
}

/** Why it ended, where the code of the end says more than the state. */
export const endWords: Record<string, string> = {
  rehearsed: 'It was rehearsed: everything was looked up and judged again, and nothing was started.',
  never_shown: 'Nobody who may decide ever opened it.',
  not_decided: 'Nobody decided in time.',
  not_started: 'It was approved but did not start in time.',
  policy_stricter: 'The policy became stricter before it could start.',
  quorum_not_met: 'Not enough of its approvals counted any more.',
  effect_changed: 'What it refers to changed after the approval.',
  mode_changed: 'The mode of execution changed after the approval.',
  generation_changed: 'The store was restored after the approval.',
  withdrawn: 'Whoever asked took it back.',
  done: 'It ended by itself with exit code 0.',
  exit_code: 'It ended by itself with another exit code than 0.',
  signal: 'A signal ended it.',
  timed_out: 'It was ended because its time was over.',
  stopped: 'A person stopped it.',
  not_startable: 'It could not be started.',
  resolved: 'A person looked and said what had become of it.',
  released: 'The agent took its permit to run it itself; no report yet.',
  reported: 'The agent ran it itself; what came of it is as the agent stated.',
  no_report: 'The agent took its permit to run it itself and sent no report.',
  recorded: 'It was recorded as approved, word for word.',
  written: 'Every operation of it is there.',
  partly_done: 'Some of its operations are there, and some are not.',
};
