import type { Live } from '../../../actions/executor.ts';
import { kindWords, stateWords } from '../../../core/approval/words.ts';
import type { GaiaError } from '../../../core/errors.ts';
import { capitalised } from '../../../core/text/count.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { EventAnswer } from '../../../core/wire/answers-log.ts';
import { ChangesetEffect, CheckpointEffect, Results } from '../components/changeset.tsx';
import { CommandEffect, Section } from '../components/command.tsx';
import { ConfirmForm, DecisionForm, type ToConfirm, type Written } from '../components/decision-form.tsx';
import { Hash } from '../components/hash.tsx';
import { History } from '../components/history.tsx';
import { Badges, effectOf, StateMark } from '../components/marks.tsx';
import { Done, Refused } from '../components/notice.tsx';
import { Ending } from '../components/outcome.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Changes, Talk } from '../components/talk.tsx';
import { Lines, Prose, Text, Words } from '../components/text.tsx';
import { When } from '../components/time.tsx';
import { Underway } from '../components/underway.tsx';
import { Tier, Votes } from '../components/votes.tsx';
import type { Visit } from '../visit.ts';
import { actorWords, personWords } from '../words.ts';

export interface RequestFacts {
  answer: RequestAnswer;
  visit: Visit;
  /** the newest that the log says of it, oldest first */
  history: readonly EventAnswer[];
  /** the log holds older ones: those before this sequence number */
  olderBefore?: number | undefined;
  /** why this person may not decide it, as far as is known before they try */
  barred?: GaiaError | undefined;
  done?: string | undefined;
  refused?: GaiaError | undefined;
  /** what somebody had written into the form that was refused */
  written?: Written | undefined;
  first?: ToConfirm | undefined;
  /** the last of what it has written, while it runs here */
  output?: Live | undefined;
}

/** Everything about one request. What is decided here is what is shown here. */
export function requestPage(facts: RequestFacts): PageFacts {
  const { answer, visit, refused, first } = facts;
  const path = `/requests/${answer.id}`;
  return {
    title: `${answer.id} ${stateWords[answer.state].word}`,
    visit,
    live: path,
    runs: answer.state === 'executing',
    holds: first !== undefined || refused !== undefined,
    announce: `Request ${answer.id} is ${stateWords[answer.state].word}.`,
    body: (
      <>
        <header class="request-head">
          <h1>
            <Text of={capitalised(actorWords(answer.askedBy, visit))} /> {kindWords[answer.kind].ask}
            {answer.kind === 'question' ? '' : ` a ${kindWords[answer.kind].noun}`}
          </h1>
          <p class="row-marks">
            <StateMark state={answer.state} />
            <Badges answer={answer} viewer={visit.personId} />
            <span class="id">{answer.id}</span>
          </p>
        </header>
        <div class="two">
          <div class="wide">
            {answer.ended ? <Ending answer={answer} /> : null}
            {answer.state === 'executing' || answer.state === 'unknown' ? <Underway {...facts} /> : null}
            {answer.operations ? <Results operations={answer.operations} /> : null}
            <Payload answer={answer} />
            <Changes answer={answer} />
            <AgentSays answer={answer} visit={visit} />
          </div>
          <aside class="side" aria-label="Decision">
            <Decide {...facts} />
            <Talk answer={answer} visit={visit} />
            <About answer={answer} visit={visit} />
          </aside>
          <div class="wide">
            <Section id="history" title="History">
              {facts.olderBefore === undefined ? null : (
                <p>
                  There are <a href={`/log?subject=request:${answer.id}&before=${facts.olderBefore}`}>older events</a>{' '}
                  in the log.
                </p>
              )}
              <History events={facts.history} visit={visit} />
              <p>
                <a href={`/log?subject=request:${answer.id}`}>In the log</a>
              </p>
            </Section>
          </div>
        </div>
      </>
    ),
  };
}

const Payload = ({ answer }: { answer: RequestAnswer }) => {
  const effect = effectOf(answer);
  if (effect === null) return null;
  if (effect.kind === 'command') return <CommandEffect answer={answer} effect={effect} />;
  if (effect.kind === 'changeset') return <ChangesetEffect changeset={effect.changeset} answer={answer} />;
  if (effect.kind === 'checkpoint') return <CheckpointEffect checkpoint={effect.checkpoint} />;
  return (
    <Section id="what" title="The question">
      <Lines of={effect.question.text} label="The question" />
      {effect.question.choices ? (
        <>
          <h3>Choices</h3>
          <ol class="plain-list">
            {effect.question.choices.map((choice) => (
              <li>
                <Text of={choice} />
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p class="quiet">It is answered in free text.</p>
      )}
    </Section>
  );
};

const AgentSays = ({
  answer: { title, reason, agentRunId, askedBy },
  visit,
}: {
  answer: RequestAnswer;
  visit: Visit;
}) =>
  title === null && reason === null && agentRunId === null ? null : (
    <section class="panel says" aria-labelledby="says-title">
      <h2 id="says-title">
        {askedBy.startsWith('agent:') ? 'The agent' : <Text of={capitalised(actorWords(askedBy, visit))} />} says{' '}
        <span class="aside">not verified, and not part of what is approved</span>
      </h2>
      {title !== null ? (
        <p>
          <strong>
            <Text of={title} />
          </strong>
        </p>
      ) : null}
      {reason !== null ? <Prose of={reason} /> : null}
      {agentRunId !== null ? (
        <p class="quiet">
          Run <Text of={agentRunId} />
        </p>
      ) : null}
    </section>
  );

const Decide = ({ answer, visit, barred, first, done, refused, written }: RequestFacts) => {
  const isOpen = answer.state === 'pending' && visit.now < answer.expiresAt;
  const own = answer.votes.find((vote) => vote.person === visit.personId);
  return (
    <Section id="decide" title={isOpen ? 'Your decision' : 'Decision'}>
      {refused ? <Refused because={refused} /> : null}
      {done ? <Done says={done} /> : null}
      {first && isOpen ? <ConfirmForm answer={answer} visit={visit} first={first} /> : null}
      {isOpen && !first && barred === undefined && own?.verdict !== 'approve' ? (
        <DecisionForm answer={answer} visit={visit} written={written} />
      ) : null}
      {isOpen && barred !== undefined ? (
        <p>
          <Words of={`${barred.message} ${barred.extras.remedy ?? ''}`.trim()} />
        </p>
      ) : null}
      {answer.state === 'pending' && !isOpen ? <p>Its time has run out; it can no longer be decided.</p> : null}
      <Votes answer={answer} visit={visit} />
      {answer.missing.length === 0 || answer.state === 'unknown' ? null : (
        <>
          <h3>{answer.state === 'pending' ? 'Approved, it would still wait' : 'Still missing'}</h3>
          {answer.missing.map(({ message, remedy }) => (
            <p class="notice waiting">
              <Words of={`${message} ${remedy}`} />
            </p>
          ))}
        </>
      )}
    </Section>
  );
};

const About = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => (
  <Section id="about" title="About">
    <Tier answer={answer} />
    <dl class="facts">
      <dt>Asked by</dt>
      <dd>
        <Text of={actorWords(answer.askedBy, visit)} />
        {answer.owner === visit.personId ? (
          <>
            , <strong>your own agent</strong>
          </>
        ) : answer.owner !== null ? (
          <>
            , the agent of <Text of={personWords(answer.owner, visit)} />
          </>
        ) : null}
        {answer.joins > 0 ? ` (and ${answer.joins} more times since)` : ''}
      </dd>
      <dt>Asked</dt>
      <dd>
        <When at={answer.createdAt} now={visit.now} />
      </dd>
      {answer.state === 'pending' ? (
        <>
          <dt>Expires</dt>
          <dd>
            <When at={answer.expiresAt} now={visit.now} />
          </dd>
        </>
      ) : null}
      {answer.state === 'approved' && answer.effectBy !== null ? (
        <>
          <dt>Starts before</dt>
          <dd>
            <When at={answer.effectBy} now={visit.now} />
          </dd>
        </>
      ) : null}
      {answer.endedAt !== null ? (
        <>
          <dt>Ended</dt>
          <dd>
            <When at={answer.endedAt} now={visit.now} />
          </dd>
        </>
      ) : null}
      {answer.grant !== null ? (
        <>
          <dt>Allowed by</dt>
          <dd>
            the grant <a href="/agents">{answer.grant}</a>, without asking
          </dd>
        </>
      ) : null}
      {answer.supersedes !== null ? (
        <>
          <dt>Replaces</dt>
          <dd>
            <a href={`/requests/${answer.supersedes}`}>{answer.supersedes}</a>
          </dd>
        </>
      ) : null}
      {answer.digest !== null ? (
        <>
          <dt>Digest</dt>
          <dd>
            <Hash of={answer.digest} />
            <details id="digests">
              <summary>In full</summary>
              <p class="quiet">What a decision names (effect, asker, tier):</p>
              <code class="long">{answer.digest}</code>
              <p class="quiet">The effect alone:</p>
              <code class="long">{answer.effectDigest}</code>
            </details>
          </dd>
        </>
      ) : null}
    </dl>
  </Section>
);
