import { kindWords, tierWords } from '../../../core/approval/words.ts';
import { changesetWords } from '../../../core/change/changeset.ts';
import { quoteArgv } from '../../../core/text/quote.ts';
import { visible } from '../../../core/text/visible.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { actorWords, personWords } from '../words.ts';
import { Badges, effectOf, StateMark } from './marks.tsx';
import { Clipped, Text } from './text.tsx';
import { Ago } from './time.tsx';

/** One request in a list. The whole of it is on its own page, and only there it is decided. */
export const RequestRow = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => (
  <li class="row">
    <a class="row-link" href={`/requests/${answer.id}`} id={`row-${answer.id}`}>
      <span class="row-head">
        <strong>
          <Text of={actorWords(answer.askedBy, visit)} />
        </strong>{' '}
        {answer.state === 'blocked' ? 'asked, and was blocked' : kindWords[answer.kind].ask}
        {answer.owner !== null && answer.owner !== visit.personId ? (
          <span class="quiet">
            {' '}
            (agent of <Text of={personWords(answer.owner, visit)} />)
          </span>
        ) : null}
        {answer.state === 'blocked' ? <Why answer={answer} /> : null}
      </span>
      {effectOf(answer) === null ? null : (
        <code class="row-what">
          <Clipped shown={whatOf(answer)} />
        </code>
      )}
      <span class="row-marks">
        <StateMark state={answer.state} />
        <Badges answer={answer} viewer={visit.personId} />
      </span>
      <span class="row-facts">
        <span class="id">{answer.id}</span>
        {answer.ended ? <EndedFacts answer={answer} visit={visit} /> : <OpenFacts answer={answer} visit={visit} />}
      </span>
    </a>
  </li>
);

const Why = ({ answer: { blockers, kind } }: { answer: RequestAnswer }) => (
  <>
    : <Clipped shown={visible(blockers[0]?.message ?? `a ${kindWords[kind].noun} that was not looked up`)} />
  </>
);

const OpenFacts = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => (
  <>
    {answer.tier !== null ? <span>{tierWords[answer.tier].word}</span> : null}
    {answer.approvals !== null && answer.kind !== 'question' ? (
      <span>
        {answer.approvals.given} of {answer.approvals.needed} {answer.approvals.needed === 1 ? 'approval' : 'approvals'}
      </span>
    ) : null}
    <span>
      asked <Ago at={answer.createdAt} now={visit.now} />
    </span>
    <span>
      expires <Ago at={answer.effectBy ?? answer.expiresAt} now={visit.now} />
    </span>
  </>
);

const EndedFacts = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) => (
  <span>
    ended <Ago at={answer.endedAt ?? answer.createdAt} now={visit.now} />
  </span>
);

/** What it is about, on one line of visible text; nothing where it was not looked up. */
function whatOf(answer: RequestAnswer): string {
  const effect = effectOf(answer);
  if (effect === null) return '';
  if (effect.kind === 'command') return quoteArgv(effect.command.argv);
  if (effect.kind === 'changeset') return visible(changesetWords(effect.changeset));
  return visible(effect.kind === 'question' ? effect.question.text : effect.checkpoint.file);
}
