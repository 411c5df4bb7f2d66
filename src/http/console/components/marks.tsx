import type { Actor } from '../../../core/access/actor.ts';
import { factsFor } from '../../../core/approval/facts.ts';
import type { Effect } from '../../../core/approval/request.ts';
import { stateWords } from '../../../core/approval/words.ts';
import { badges } from '../../../core/command/risk.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';

export const effectOf = (answer: RequestAnswer): Effect | null => answer.effect as Effect | null;

export const StateMark = ({ state }: { state: RequestAnswer['state'] }) => {
  const { sign, word, tone } = stateWords[state];
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
};

/** Short words that ask for a second look, the weightiest first. */
export const Badges = ({ answer, viewer }: { answer: RequestAnswer; viewer: string }) => {
  const effect = effectOf(answer);
  const risks =
    effect === null ? [] : badges({ ...factsFor(effect, { actor: answer.askedBy as Actor }), isTest: false });
  return (
    <>
      {risks.map((risk) => (
        <span class="badge risk">
          <span aria-hidden="true">⚠</span> {risk}
        </span>
      ))}
      {answer.isTest ? <span class="badge">TEST</span> : null}
      {answer.mode === 'dry_run' ? <span class="badge">REHEARSAL</span> : null}
      {answer.owner === viewer ? <span class="badge">your own agent</span> : null}
    </>
  );
};
