import type { Child } from 'hono/jsx';
import { denyReasons } from '../../../core/approval/decision.ts';
import { denyWords } from '../../../core/approval/words.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { Csrf } from './csrf.tsx';
import { effectOf } from './marks.tsx';
import { Text } from './text.tsx';
import { Exact } from './time.tsx';

interface FormFacts {
  answer: RequestAnswer;
  visit: Visit;
}

/** What was written into a form that was refused; it stands there again. */
export interface Written {
  answer?: string | undefined;
  code?: string | undefined;
  text?: string | undefined;
}

type ToFill = FormFacts & { written?: Written | undefined };

/** The buttons of a pending request. Approving and denying are forms of their own, so that Enter in a reason never approves. */
export const DecisionForm = ({ answer, visit, written }: ToFill) => (
  <>
    {answer.kind === 'question' ? (
      <AnswerForms answer={answer} visit={visit} written={written} />
    ) : (
      <ApproveForm answer={answer} visit={visit} />
    )}
    <DenyForm answer={answer} visit={visit} written={written} />
  </>
);

/** Every verdict names the digest that this page shows. */
const VerdictForm = ({ answer, visit, verdict, children }: FormFacts & { verdict: string; children?: Child }) => (
  <form class="decide" method="post" action={`/requests/${answer.id}/decisions#decide-title`}>
    <Csrf visit={visit} />
    <input type="hidden" name="verdict" value={verdict} />
    <input type="hidden" name="digest" value={answer.digest ?? ''} />
    {children}
  </form>
);

const ApproveForm = ({ answer, visit }: FormFacts) => (
  <VerdictForm answer={answer} visit={visit} verdict="approve">
    <button id="approve" class="approve" type="submit">
      Approve{answer.approvals?.confirm ? '…' : ''}
    </button>
    {answer.approvals?.confirm ? <p class="quiet">You will be asked once more.</p> : null}
    {answer.grantable ? (
      <>
        <button id="allow" type="submit" name="allow" value="yes">
          Approve, and allow for 1 h / 10 times
        </button>
        <p class="quiet">The same agent may then do exactly this again without asking; every use is told.</p>
      </>
    ) : null}
  </VerdictForm>
);

const AnswerForms = ({ answer, visit, written }: ToFill) => {
  const effect = effectOf(answer);
  const choices = effect?.kind === 'question' ? effect.question.choices : undefined;
  if (choices === undefined) {
    return (
      <VerdictForm answer={answer} visit={visit} verdict="answer">
        <label for="answer">Your answer</label>
        <textarea id="answer" name="answer" rows={4} maxlength={4000} required>
          {kept(written?.answer)}
        </textarea>
        <button class="approve" type="submit">
          Answer
        </button>
      </VerdictForm>
    );
  }
  return (
    <VerdictForm answer={answer} visit={visit} verdict="answer">
      <fieldset class="choices">
        <legend>Your answer</legend>
        {/* by its place: a browser would change the line ends of a text */}
        {choices.map((choice, place) => (
          <button id={`choice-${place}`} class="choice" type="submit" name="choice" value={String(place)}>
            <Text of={choice} />
          </button>
        ))}
      </fieldset>
    </VerdictForm>
  );
};

const DenyForm = ({ answer, visit, written }: ToFill) => (
  <VerdictForm answer={answer} visit={visit} verdict="deny">
    <details class="deny" id="deny" open={Boolean(written?.text || written?.code)}>
      <summary>{answer.kind === 'question' ? 'Decline' : 'Deny'}…</summary>
      <fieldset>
        <legend>Why? The agent is told.</legend>
        <div class="chips">
          {denyReasons.map((code) => (
            <label class="chip">
              <input type="radio" name="code" value={code} id={`code-${code}`} checked={written?.code === code} />{' '}
              <span>{denyWords[code]}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <label for="text">In your words (optional)</label>
      <textarea id="text" name="text" rows={2} maxlength={1000}>
        {kept(written?.text)}
      </textarea>
      <button class="refuse" type="submit">
        {answer.kind === 'question' ? 'Decline to answer' : 'Deny'}
      </button>
    </details>
  </VerdictForm>
);

/** Text as it was typed: browsers drop one line end at the start of a field. */
const kept = (text: string | undefined): string => (text ? `\n${text}` : '');

/** A first act that waits for its second. */
export interface ToConfirm {
  verdict: 'approve' | 'answer';
  choice?: string;
  answer?: string;
  /** the instant at which the first act is forgotten */
  confirmBy: number;
}

export const ConfirmForm = ({ answer, visit, first }: FormFacts & { first: ToConfirm }) => (
  <div class="confirm">
    <p>
      <strong>Once more, within 60 seconds.</strong> Nothing is decided yet; the first press is forgotten{' '}
      <time datetime={new Date(first.confirmBy).toISOString()} data-countdown>
        at <Exact at={first.confirmBy} />
      </time>
      .
    </p>
    {first.answer !== undefined ? (
      <p>
        Your answer: <Text of={first.answer} />
      </p>
    ) : null}
    <VerdictForm answer={answer} visit={visit} verdict={first.verdict}>
      <input type="hidden" name="confirm" value="yes" />
      {first.choice !== undefined ? <input type="hidden" name="choice" value={first.choice} /> : null}
      {first.choice === undefined && first.answer !== undefined ? (
        <input type="hidden" name="answer" value={first.answer} />
      ) : null}
      <button id="confirm" class="approve" type="submit">
        {first.verdict === 'approve' ? 'Confirm: approve' : 'Confirm: answer'}
      </button>
    </VerdictForm>
    <p>
      <a class="button" href={`/requests/${answer.id}`}>
        Not now
      </a>
    </p>
  </div>
);
