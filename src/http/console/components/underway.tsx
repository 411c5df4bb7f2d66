import type { Live, LiveStream } from '../../../actions/executor.ts';
import { namedBy } from '../../../core/change/results.ts';
import { nameOf } from '../../../core/change/target.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import type { Visit } from '../visit.ts';
import { Section } from './command.tsx';
import { Csrf } from './csrf.tsx';
import { effectOf } from './marks.tsx';
import { Lines, Text } from './text.tsx';

/** A command that runs, with what it has written so far; or one of which nobody knows. Operators can end it here. */
export const Underway = ({
  answer,
  visit,
  output,
}: {
  answer: RequestAnswer;
  visit: Visit;
  output?: Live | undefined;
}) =>
  answer.kind === 'changeset' ? (
    <WriteUnderway answer={answer} visit={visit} />
  ) : answer.state === 'executing' ? (
    <Section id="underway" title="It runs">
      {output === undefined ? (
        <p class="quiet">What it writes is seen where it runs, and here when it has ended.</p>
      ) : null}
      <Written stream={output?.stdout} label="Standard output so far, the last of it" />
      <Written stream={output?.stderr} label="Standard error so far, the last of it" />
      {output !== undefined && output.stdout.end + output.stderr.end === 0 ? (
        <p class="quiet">It has written nothing yet.</p>
      ) : null}
      {visit.mayOperate ? (
        <form class="decide" method="post" action={`/requests/${answer.id}/stop`}>
          <Csrf visit={visit} />
          <button type="submit" class="refuse">
            Stop it
          </button>
          <p class="quiet">All of it is asked to end, and killed after its grace.</p>
        </form>
      ) : null}
    </Section>
  ) : (
    <Section id="underway" title="Nobody knows what became of it">
      <p>
        Its supervisor is gone and left no outcome. It is not started again. Look at what it was to change, then say
        what you saw.
      </p>
      {visit.mayOperate ? (
        <form class="decide" method="post" action={`/requests/${answer.id}/resolve`}>
          <Csrf visit={visit} />
          <label for="resolution">What you saw</label>
          <textarea id="resolution" name="reason" rows={3} maxlength={2000} required />
          <p class="buttons">
            <button type="submit" name="verdict" value="executed">
              It was done
            </button>
            <button type="submit" name="verdict" value="failed" class="refuse">
              It was not
            </button>
          </p>
        </form>
      ) : (
        <p class="quiet">An operator can say so.</p>
      )}
    </Section>
  );

/** A changeset that is being written, or one of whose operations nobody knows whether it was. */
const WriteUnderway = ({ answer, visit }: { answer: RequestAnswer; visit: Visit }) =>
  answer.state === 'executing' ? (
    <Section id="underway" title="It is being written">
      <p class="quiet">One operation after the other; what is done stands under “What was written”.</p>
    </Section>
  ) : (
    <Section id="underway" title="Nobody knows whether it was written">
      <p>
        An answer of GitHub was lost, and nothing of it was found since. Nothing is sent again by itself. Look at{' '}
        <Target answer={answer} />, or have Gaia look once more; then say what you saw.
      </p>
      {visit.mayOperate ? (
        <>
          <form class="decide" method="post" action={`/requests/${answer.id}/look`}>
            <Csrf visit={visit} />
            <button type="submit">Look again</button>
            <p class="quiet">What is found is adopted, and nothing is sent.</p>
          </form>
          <form class="decide" method="post" action={`/requests/${answer.id}/resolve`}>
            <Csrf visit={visit} />
            <label for="resolution">What you saw</label>
            <textarea id="resolution" name="reason" rows={3} maxlength={2000} required />
            <NameOfIt answer={answer} />
            <p class="buttons">
              <button type="submit" name="verdict" value="executed">
                It exists
              </button>
              <button type="submit" name="verdict" value="failed" class="refuse">
                It does not exist; leave it
              </button>
              <button type="submit" name="verdict" value="resend" class="refuse">
                It does not exist; send again
              </button>
            </p>
            <p class="quiet">What was sent again although it exists stands there twice.</p>
          </form>
        </>
      ) : (
        <p class="quiet">An operator can say so.</p>
      )}
    </Section>
  );

/** By what GitHub names the new thing, for whoever has seen it there. */
const NameOfIt = ({ answer }: { answer: RequestAnswer }) => {
  const unknown = answer.operations?.find(({ outcome }) => outcome === 'unknown');
  const name = unknown && namedBy(unknown.op);
  return name === undefined ? null : (
    <>
      <label for="number">Its {name}, if it exists and you know it</label>
      <input
        id="number"
        name="number"
        type="text"
        inputmode="numeric"
        pattern="\s*#?[1-9][0-9]{0,15}\s*"
        title="digits alone, like 12"
        maxlength={20}
        autocomplete="off"
      />
    </>
  );
};

/** Where to look: a link, where it is a page. */
const Target = ({ answer }: { answer: RequestAnswer }) => {
  const effect = effectOf(answer);
  if (effect?.kind !== 'changeset') return <>GitHub</>;
  const { target, host } = effect.changeset;
  return target.kind === 'repo' && /^[\w.-]+$/.test(host) ? (
    <a href={`https://${host}/${target.repo}`} rel="noreferrer">
      <Text of={target.repo} />
    </a>
  ) : (
    <Text of={nameOf(target)} />
  );
};

const Written = ({ stream, label }: { stream: LiveStream | undefined; label: string }) =>
  stream === undefined || stream.text === '' ? null : <Lines of={stream.text.replace(/\n$/, '')} label={label} />;
