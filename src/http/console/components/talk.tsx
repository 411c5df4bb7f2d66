import { openQuestion } from '../../../core/approval/comment.ts';
import { capitalised } from '../../../core/text/count.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { actorWords } from '../words.ts';
import { Section } from './command.tsx';
import { Csrf } from './csrf.tsx';
import { Prose, Text } from './text.tsx';
import { Ago } from './time.tsx';

/** What people asked the agent and it answered, and the form to ask. The request waits on meanwhile. */
export const Talk = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => {
  const isOver = answer.ended || (answer.state === 'pending' && visit.now >= answer.expiresAt);
  const mayAsk = !isOver && answer.askedBy !== `person:${visit.personId}`;
  if (answer.comments.length === 0 && !mayAsk) return null;
  const waits = openQuestion(answer.comments, answer.askedBy);
  return (
    <Section id="talk" title="Questions to the agent">
      {answer.comments.length === 0 ? null : (
        <ul class="votes">
          {answer.comments.map((said) => (
            <li>
              <strong>
                <Text of={capitalised(actorWords(said.author, visit))} />
              </strong>{' '}
              <Ago at={said.at} now={visit.now} />
              <Prose of={said.text} />
            </li>
          ))}
        </ul>
      )}
      {waits && !answer.ended ? <p class="quiet">The agent has not answered yet.</p> : null}
      {mayAsk ? (
        <form class="decide" method="post" action={`/requests/${answer.id}/comments#talk-title`}>
          <Csrf visit={visit} />
          <label for="comment">{answer.state === 'pending' ? 'Ask, before you decide' : 'Ask about it'}</label>
          <textarea id="comment" name="comment" rows={2} maxlength={2000} required />
          <button type="submit">Ask</button>
          <p class="quiet">{answer.state === 'pending' ? 'It waits on; the' : 'The'} answer appears here.</p>
        </form>
      ) : null}
    </Section>
  );
};

/** What is different from the request that this one replaces. */
export const Changes = ({ answer: { changes, supersedes } }: { answer: RequestAnswer }) => {
  if (supersedes === null || changes === null) return null;
  return (
    <Section id="changes" title={`Different from ${supersedes}`}>
      {changes.length === 0 ? <p>Nothing: it asks for the same again.</p> : null}
      <dl class="facts">
        {changes.map(({ what, before, after }) => (
          <>
            <dt>
              <Text of={what} />
            </dt>
            <dd>
              <Side of={before} /> → <Side of={after} />
            </dd>
          </>
        ))}
      </dl>
    </Section>
  );
};

const Side = ({ of }: { of: string | null }) =>
  of === null ? (
    <>nothing</>
  ) : (
    <code>
      <Text of={of} />
    </code>
  );
