import type { GaiaError } from '../../../core/errors.ts';
import type { AgentAnswer, GrantAnswer } from '../../../core/wire/answers-access.ts';
import { Section } from '../components/command.tsx';
import { Csrf } from '../components/csrf.tsx';
import { Refused } from '../components/notice.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Text } from '../components/text.tsx';
import { When } from '../components/time.tsx';
import type { Visit } from '../visit.ts';
import { personWords } from '../words.ts';

export interface AgentsFacts {
  visit: Visit;
  agents: readonly AgentAnswer[];
  grants: readonly GrantAnswer[];
  refused?: GaiaError;
}

/** Who may ask, and what they may do without asking. */
export const agentsPage = ({ visit, agents, grants, refused }: AgentsFacts): PageFacts => ({
  title: 'Agents',
  visit,
  ...(refused ? {} : { live: '/agents' }),
  body: (
    <>
      <h1>Agents</h1>
      {refused ? <Refused because={refused} /> : null}
      <Section id="grants" title="Allowed without asking">
        {grants.length === 0 ? <p>No agent may do anything without asking.</p> : null}
        <ul class="rows">
          {grants.map((grant) => (
            <Grant grant={grant} visit={visit} />
          ))}
        </ul>
      </Section>
      <Section id="agents" title="Who may ask">
        {agents.length === 0 ? (
          <p>
            No agent has a key. Make one: <code>gaia key create NAME</code>
          </p>
        ) : null}
        <dl class="facts">
          {agents.map((agent) => (
            <>
              <dt>
                <Text of={agent.name} />
              </dt>
              <dd>
                {agent.owner === null ? (
                  'owned by nobody'
                ) : (
                  <>
                    the agent of <Text of={personWords(agent.owner, visit)} />
                  </>
                )}
                ; {agent.open} of {agent.openMax} open, {agent.lastMinute} of {agent.perMinuteMax} in the last minute;{' '}
                {agent.keys === 0 ? 'no key that works' : agent.keys === 1 ? '1 key' : `${agent.keys} keys`}
                {agent.lastAskedAt === null ? null : (
                  <>
                    ; asked last <When at={agent.lastAskedAt} now={visit.now} />
                  </>
                )}
              </dd>
            </>
          ))}
        </dl>
      </Section>
    </>
  ),
});

const Grant = ({ grant, visit }: { grant: GrantAnswer; visit: Visit }) => (
  <li class="panel">
    <p>
      <span class="id">{grant.id}</span> agent <Text of={grant.agent} /> may run{' '}
      <code>
        <Text of={grant.what} />
      </code>
    </p>
    <p class="quiet">
      used {grant.uses} of {grant.usesMax} times, until <When at={grant.expiresAt} now={visit.now} />, given by{' '}
      <Text of={personWords(grant.givenBy, visit)} /> with <a href={`/requests/${grant.request}`}>{grant.request}</a>
    </p>
    {visit.mayOperate || grant.givenBy === visit.personId ? (
      <form class="decide" method="post" action={`/grants/${grant.id}/revoke`}>
        <Csrf visit={visit} />
        <button class="refuse" type="submit" id={`revoke-${grant.id}`}>
          Take back
        </button>
      </form>
    ) : null}
  </li>
);
