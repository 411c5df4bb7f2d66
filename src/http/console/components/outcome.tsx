import type { DenyReason } from '../../../core/approval/decision.ts';
import { denyWords, endWords, stateWords } from '../../../core/approval/words.ts';
import { duration } from '../../../core/text/times.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import { Section } from './command.tsx';
import { Lines, Text, Words } from './text.tsx';

/** What came of a request that has ended. */
export const Ending = ({ answer }: { answer: RequestAnswer }) => {
  const words = endWords[answer.end?.code ?? ''];
  return (
    <Section
      id="end"
      title={`It is over: ${answer.outcome?.dryRun && !answer.outcome.operations ? 'rehearsed' : stateWords[answer.state].word}`}
    >
      {words !== undefined ? <p>{words}</p> : null}
      {answer.state === 'denied' ? (
        <p>
          Nothing was done. The reason given: <strong>{denyWords[answer.end?.code as DenyReason] ?? 'none'}</strong>
        </p>
      ) : null}
      {answer.state === 'answered' ? <p>The agent has this answer:</p> : null}
      {answer.end?.text && answer.state !== 'denied' ? (
        <p>
          <Text of={answer.end.text} />
        </p>
      ) : null}
      {answer.answer !== null ? <Lines of={answer.answer} label="The answer" /> : null}
      {answer.blockers.length > 0 ? (
        <ul class="plain-list">
          {answer.blockers.map(({ message, remedy }) => (
            <li>
              <strong>
                <Words of={message} />
              </strong>{' '}
              <Words of={remedy} />
            </li>
          ))}
        </ul>
      ) : null}
      {answer.outcome && !answer.outcome.dryRun && !answer.outcome.operations ? <Ran outcome={answer.outcome} /> : null}
    </Section>
  );
};

const Ran = ({
  outcome: { exitCode, signal, stdout, stderr, truncated, durationMs, changedDuringRun, statedByAgent },
}: {
  outcome: NonNullable<RequestAnswer['outcome']>;
}) => (
  <>
    <p>
      {exitCode !== null ? (
        `Exit code ${exitCode}`
      ) : signal !== null ? (
        <Text of={`Ended by ${signal}`} />
      ) : (
        'No exit code'
      )}{' '}
      after {duration(durationMs)}
      {statedByAgent ? ', as stated by the agent, who ran it itself' : ''}.
      {truncated ? ' The middle of its output was left out.' : ''}
    </p>
    {changedDuringRun ? (
      <p class="notice waiting">
        Changed while it ran: <Text of={changedDuringRun.join(', ')} />
      </p>
    ) : null}
    {stdout ? <Lines of={stdout.replace(/\n$/, '')} label="Standard output" /> : null}
    {stderr ? <Lines of={stderr.replace(/\n$/, '')} label="Standard error" /> : null}
  </>
);
