import type { Child } from 'hono/jsx';
import type { RequestState } from '../../../core/approval/states.ts';
import { executionWords, stateWords } from '../../../core/approval/words.ts';
import type { GaiaError } from '../../../core/errors.ts';
import { capitalised, counted } from '../../../core/text/count.ts';
import { duration } from '../../../core/text/times.ts';
import type { StatusAnswer } from '../../../core/wire/answers-status.ts';
import { waiting } from '../../../views/status.ts';
import { Section } from '../components/command.tsx';
import { Csrf } from '../components/csrf.tsx';
import { Hash } from '../components/hash.tsx';
import { Refused } from '../components/notice.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Standstill } from '../components/standstill.tsx';
import { Text, Words } from '../components/text.tsx';
import { When } from '../components/time.tsx';
import type { Visit } from '../visit.ts';
import { personWords } from '../words.ts';

interface StatusFacts {
  visit: Visit;
  status: StatusAnswer;
  refused?: GaiaError;
}

/** How Gaia stands, in words. */
export const statusPage = ({ visit, status, refused }: StatusFacts): PageFacts => ({
  title: 'Status',
  visit,
  ...(refused ? {} : { live: '/status' }),
  body: (
    <>
      <h1>Status</h1>
      {refused ? <Refused because={refused} /> : null}
      <Standstill status={status} visit={visit} />
      <p class="next">
        <strong>Next:</strong> <Next status={status} />
      </p>
      <div class="two">
        <div class="wide">
          <Work status={status} visit={visit} />
          <Deciding status={status} visit={visit} />
          <Record status={status} />
        </div>
        <aside class="side" aria-label="Switches and people">
          <Switches status={status} visit={visit} />
          <WhoMay status={status} visit={visit} />
        </aside>
      </div>
    </>
  ),
});

/** Whoever reads this is in the console already. */
const Next = ({ status: { next, requests } }: { status: StatusAnswer }) => {
  const sentence = waiting(requests.pending ?? 0);
  return next.startsWith(`${sentence}: `) ? <a href="/">{sentence}</a> : <Words of={next} />;
};

const Fact = ({ is, children }: { is: string; children?: Child }) => (
  <>
    <dt>{is}</dt>
    <dd>{children}</dd>
  </>
);

const Work = ({ status, visit }: StatusFacts) => (
  <Section id="work" title="Work">
    <dl class="facts">
      <Fact is="Commands">
        <Text of={capitalised(executionWords(status))} />
      </Fact>
      {status.operations === undefined ? null : (
        <Fact is="GitHub">
          <Text of={status.operations.transport} />
        </Fact>
      )}
      <Fact is="Running since">
        <When at={status.startedAt} now={visit.now} /> (version <Text of={status.version} />)
      </Fact>
      <Fact is="Requests">
        {Object.keys(status.requests).length === 0 ? 'none yet' : null}
        <ul class="plain-list">
          {Object.entries(status.requests).map(([state, count]) => (
            <li>
              <a href={`/requests?state=${state}`}>
                {count.toLocaleString('en')} {stateWords[state as RequestState]?.word ?? state}
              </a>
            </li>
          ))}
        </ul>
      </Fact>
      {status.oldestPendingSeconds !== null ? (
        <Fact is="The oldest waits">{duration(status.oldestPendingSeconds * 1000)}</Fact>
      ) : null}
      <Fact is="Messages">
        {Object.entries(status.deliveries)
          .map(([state, count]) => `${count.toLocaleString('en')} ${state}`)
          .join(', ') || 'none yet'}
      </Fact>
      {status.telegram === null ? null : <Telegram telegram={status.telegram} now={visit.now} />}
    </dl>
  </Section>
);

/** How people decide: a rubber stamp is seen here. */
const Deciding = ({ status: { figures }, visit }: StatusFacts) => (
  <Section id="deciding" title="Deciding">
    {figures.medianMs === null || figures.hastyShare === null ? (
      <p class="quiet">Nobody decided anything in the last {figures.days} days.</p>
    ) : (
      <dl class="facts">
        <Fact is={`In ${figures.days} days`}>
          {counted(figures.decisions, 'decision')}, after {duration(figures.medianMs)} (median),{' '}
          {Math.round(figures.hastyShare * 100)} % within 3 s of being shown
        </Fact>
        {figures.people.map((each) => (
          <Fact is={capitalised(personWords(each.personId, visit))}>
            {counted(each.decisions, 'decision')}, after {duration(each.medianMs)}, {Math.round(each.hastyShare * 100)}{' '}
            % within 3 s
          </Fact>
        ))}
      </dl>
    )}
  </Section>
);

const Telegram = ({ telegram, now }: { telegram: NonNullable<StatusAnswer['telegram']>; now: number }) => (
  <>
    <Fact is="Telegram">
      {telegram.trouble !== null ? (
        <strong>
          <Text of={telegram.trouble.text} />
        </strong>
      ) : telegram.heardAt === null ? (
        'not heard yet'
      ) : (
        <>
          heard <When at={telegram.heardAt} now={now} />
        </>
      )}
    </Fact>
    {telegram.closedChats.length === 0 ? null : (
      <Fact is="Closed chats">
        <ul class="plain-list">
          {telegram.closedChats.map(({ chat, why }) => (
            <li>
              <Text of={`${chat}: ${why}`} />
            </li>
          ))}
        </ul>
      </Fact>
    )}
    {telegram.quarantinedUpdates === 0 ? null : (
      <Fact is="Put aside">{counted(telegram.quarantinedUpdates, 'update')} that could not be carried out</Fact>
    )}
  </>
);

const Record = ({ status: { log, store, generation, policy, now, trustBoundary } }: Pick<StatusFacts, 'status'>) => (
  <Section id="record" title="Record and trust">
    <dl class="facts">
      <Fact is="Log">
        {counted(log.seq, 'event')}, the last <Hash of={log.hash} />
        {log.seq > 0 ? (
          <>
            {' '}
            <When at={log.at} now={now} />
          </>
        ) : null}
      </Fact>
      <Fact is="Last seal">
        {log.lastSealSeq === null ? (
          'none yet'
        ) : (
          <>
            at event {log.lastSealSeq}
            {log.lastSealAt === null ? null : (
              <>
                , <When at={log.lastSealAt} now={now} />
              </>
            )}
          </>
        )}
      </Fact>
      <Fact is="Store">
        {store === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, generation {generation}
      </Fact>
      <Fact is="Policy">
        {policy.rules === 0 ? 'no rules of your own' : counted(policy.rules, 'rule')} <Hash of={policy.digest} />
      </Fact>
      <Fact is="Trust">
        <Text of={trustBoundary} />
      </Fact>
    </dl>
  </Section>
);

const WhoMay = ({ status: { people }, visit }: StatusFacts) => (
  <Section id="people" title="People">
    <dl class="facts">
      <Fact is="Decide">
        <Names of={people.approvers} visit={visit} />
      </Fact>
      <Fact is="Operate">
        <Names of={people.operators} visit={visit} />
      </Fact>
    </dl>
  </Section>
);

const Names = ({ of, visit }: { of: readonly string[]; visit: Visit }) =>
  of.length === 0 ? <>nobody</> : <Text of={of.map((id) => personWords(id, visit)).join(', ')} />;

const Switches = ({ status, visit }: StatusFacts) => (
  <Section id="switches" title="Switches">
    {!visit.mayOperate ? (
      <p>Only an operator can pause and resume.</p>
    ) : status.acceptance !== null ? (
      <form class="decide" method="post" action="/status/resume">
        <Csrf visit={visit} />
        <p>
          Accepting begins a new generation: approvals given before never start anything. Do it only if you restored
          this store yourself; otherwise find out first who changed it.
        </p>
        <label class="check">
          <input id="accept" type="checkbox" name="accept" value="yes" required />{' '}
          <span>I restored this store on purpose</span>
        </label>
        <button class="refuse" type="submit">
          Accept as a new generation and resume
        </button>
      </form>
    ) : status.paused !== null ? (
      <form class="decide" method="post" action="/status/resume">
        <Csrf visit={visit} />
        <button class="approve" type="submit">
          Resume
        </button>
      </form>
    ) : (
      <form class="decide" method="post" action="/status/pause">
        <Csrf visit={visit} />
        <p>Pausing stops anything new from starting. Decisions go on.</p>
        <label for="reason">Reason (optional)</label>
        <input id="reason" name="reason" type="text" maxlength={1000} autocomplete="off" />
        {(status.requests.executing ?? 0) > 0 ? (
          <label class="check">
            <input type="checkbox" name="kill" value="yes" /> <span>Also end what runs now</span>
          </label>
        ) : null}
        <button class="refuse" type="submit">
          Pause
        </button>
      </form>
    )}
  </Section>
);
