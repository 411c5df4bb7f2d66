import { denyWords, tierWords } from '../../../core/approval/words.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { personWords } from '../words.ts';
import { Text } from './text.tsx';
import { Ago } from './time.tsx';

const verdictWords = { approve: 'approved', deny: 'denied', answer: 'answered' } as const;

/** Who has said what, and what is still missing. */
export const Votes = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => (
  <>
    {answer.votes.length === 0 ? <p class="quiet">Nobody has decided{answer.ended ? '.' : ' yet.'}</p> : null}
    {answer.votes.length === 0 ? null : (
      <ul class="votes">
        {answer.votes.map((vote) => (
          <li>
            <span aria-hidden="true">{vote.verdict === 'deny' ? '✕' : '✓'}</span>{' '}
            <strong>
              <Text of={personWords(vote.person, visit)} />
            </strong>{' '}
            {verdictWords[vote.verdict]} <Ago at={vote.at} now={visit.now} />
            {vote.answer !== null ? (
              <p>
                “<Text of={vote.answer} />”
              </p>
            ) : null}
            {vote.reason ? (
              <p>
                {vote.reason.code
                  ? (denyWords[vote.reason.code as keyof typeof denyWords] ?? <Text of={vote.reason.code} />)
                  : null}
                {vote.reason.code && vote.reason.text ? ': ' : null}
                {vote.reason.text ? <Text of={vote.reason.text} /> : null}
              </p>
            ) : null}
          </li>
        ))}
      </ul>
    )}
    {answer.approvals?.missing && answer.kind !== 'question' && answer.state === 'pending' ? (
      <p>
        Still missing: <Text of={answer.approvals.missing} />.
      </p>
    ) : null}
  </>
);

/** How much it takes, and which rules say so. */
export const Tier = ({ answer }: { answer: RequestAnswer }) =>
  answer.tier === null || answer.approvals === null ? null : (
    <>
      <p>
        <strong>{tierWords[answer.tier].word}</strong>: {tierWords[answer.tier].meaning}.
      </p>
      {answer.rules.length > 0 ? (
        <>
          <p class="quiet">Because of</p>
          <ul class="plain-list">
            {answer.rules.map((rule) => (
              <li>
                <Text of={rule} />
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
