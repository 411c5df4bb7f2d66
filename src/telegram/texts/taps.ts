import type { Operated } from '../../actions/controls.ts';
import type { Decided } from '../../actions/decisions.ts';
import type { TapOutcome } from '../../actions/taps.ts';
import type { Verdict } from '../../core/approval/decision.ts';
import type { Request } from '../../core/approval/request.ts';
import type { RequestState } from '../../core/approval/states.ts';
import { stateWords } from '../../core/approval/words.ts';
import type { Face } from '../../core/delivery/card.ts';
import type { GaiaError } from '../../core/errors.ts';
import { duration } from '../../core/text/times.ts';
import { visible } from '../../core/text/visible.ts';
import { type Names, nameOf } from './names.ts';
import { refusalWords } from './refusals.ts';
import { clipped } from './text.ts';
import { type Clock, clockTime } from './times.ts';

/** The answer to a tap. `alert`: it must be closed by hand, because something is not as the person may think. */
export interface TapAnswer {
  text: string;
  alert: boolean;
}

/** Bot API: the text of answerCallbackQuery has at most 200 characters. */
const maxAnswer = 200;

/** What the answer needs beside the outcome. `missing`: what still is, in words, where the request waits on. */
export interface TapFacts extends Clock {
  names: Names;
  missing?: string;
}

/** What the person who tapped or replied is told, in at most 200 characters. */
export const answerToTap = (outcome: TapOutcome, facts: TapFacts): TapAnswer => ({
  text: clipped(wordsFor(outcome, facts), maxAnswer),
  alert: outcome.kind === 'refused',
});

const verdictWords: Record<Verdict, string> = { approve: 'approved', deny: 'denied', answer: 'answered' };

function wordsFor(outcome: TapOutcome, facts: TapFacts): string {
  switch (outcome.kind) {
    case 'known':
      return 'This was noted before.';
    case 'decided':
      return decidedWords(outcome.verdict, outcome.decided, facts);
    case 'turned':
      return turned[outcome.face.kind];
    case 'asked':
      return outcome.what === 'look' ? 'Gaia looks at GitHub again.' : 'It is sent once more.';
    case 'shown':
      return `${visible(outcome.requestId)} follows below.`;
    case 'logged_in':
      return 'The terminal acts as you, for an hour.';
    case 'operated':
      return operatedWords(outcome.operated);
    case 'refused':
      return outcome.because.extras.reason === 'already_settled'
        ? lost(outcome.because, outcome.request, facts)
        : refusalWords(outcome.because);
  }
}

const turned: Record<Face['kind'], string> = {
  open: 'Nothing was decided.',
  reasons: 'Choose a reason, or reply to the card: deny your reason',
  confirm: 'Once more, please: press Confirm within 60 seconds.',
  confirm_resend: 'Have you looked? Press Confirm within 60 seconds.',
};

function decidedWords(verdict: Verdict, { request, repeated }: Decided, { missing }: TapFacts): string {
  if (repeated) return `You already ${verdictWords[verdict]} this.`;
  if (verdict === 'deny') return 'Denied. Nothing will be done.';
  if (verdict === 'answer') return 'Answered.';
  if (request.state !== 'pending') return 'Approved.';
  return missing ? `Recorded. Missing: ${visible(missing)}.` : 'Recorded.';
}

function operatedWords({ control, requeued, left, remaining, armedUntil }: Operated): string {
  switch (control.kind) {
    case 'requeue':
    case 'requeue_all':
      return `${requeued.length === 1 ? `${requeued[0]} is` : `${requeued.length} messages are`} tried again.${left > 0 ? ` ${left} left; /failed says why.` : ''}${remaining > 0 ? ` ${remaining} more can be: /requeue all` : ''}`;
    case 'discard':
      return armedUntil === undefined
        ? `${control.id} is closed for good.`
        : 'Press Discard once more within 60 seconds to close it for good.';
    case 'silence':
      return `${control.alert} is silenced for ${duration(control.seconds * 1_000)}.`;
    case 'pause':
      return 'Paused: nothing new starts; decisions go on.';
    case 'resume':
      return 'Gaia goes on.';
    case 'show':
      return 'It follows below.';
  }
}

/** Somebody was quicker, or it is long over: who, when, and what can be done. */
function lost({ extras }: GaiaError, request: Request | undefined, facts: TapFacts): string {
  const { state, decidedBy, decidedAt } = extras.facts ?? {};
  const by = Array.isArray(decidedBy) ? decidedBy.filter((id) => typeof id === 'string') : [];
  const people = by.slice(0, 3).map((id) => nameOf(id, facts.names));
  const word = typeof state === 'string' && isState(state) ? stateWords[state].word : 'decided';
  const when = typeof decidedAt === 'number' ? ` at ${clockTime(decidedAt, facts)}` : '';
  const again = request && state !== 'answered' ? ` To ask again: gaia request again ${request.id}` : '';
  return `Already ${word}${people.length > 0 ? ` by ${people.join(' and ')}` : ''}${when}.${again}`;
}

const isState = (state: string): state is RequestState => Object.hasOwn(stateWords, state);
