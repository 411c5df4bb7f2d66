import type { Child } from 'hono/jsx';
import type { Actor } from '../../../core/access/actor.ts';
import { factsFor } from '../../../core/approval/facts.ts';
import type { Effect } from '../../../core/approval/request.ts';
import { bindingWords, sandboxWords } from '../../../core/approval/words.ts';
import type { BoundFile, ResolvedCommand } from '../../../core/command/command.ts';
import { riskOf } from '../../../core/command/risk.ts';
import { capitalised, counted } from '../../../core/text/count.ts';
import { duration } from '../../../core/text/times.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import { Hash } from './hash.tsx';
import { Lines, Text } from './text.tsx';

/** A command whole: every argument, everything it refers to, how each is bound, and what is not. */
export const CommandEffect = ({
  answer,
  effect,
}: {
  answer: RequestAnswer;
  effect: Extract<Effect, { kind: 'command' }>;
}) => {
  const { command } = effect;
  const risks = riskOf(factsFor(effect, { actor: answer.askedBy as Actor }).command);
  return (
    <>
      <Section id="what" title="What would run" aside={`a program and ${counted(command.argv.length - 1, 'argument')}`}>
        <ol class="argv" aria-label="The program and its arguments, one to a line">
          {command.argv.map((argument) => (
            <li>
              <code>
                <Text of={argument} />
              </code>
            </li>
          ))}
        </ol>
        {risks.length > 0 ? (
          <ul class="risks" aria-label="Look twice">
            {risks.map(({ words, because }) => (
              <li>
                <span aria-hidden="true">⚠</span> <strong>{capitalised(words)}:</strong> {because}
              </li>
            ))}
          </ul>
        ) : null}
        <Mode mode={command.mode} isTest={effect.isTest} />
      </Section>
      <Where command={command} />
      <Environment id="env" title="Environment" env={command.env} aside="on top of a clean one" />
      {command.sandbox === 'none' ? null : (
        <Environment
          id="profile-env"
          title={`Environment of the profile ${command.sandbox.profile}`}
          env={command.sandbox.env}
          aside="from the policy"
        />
      )}
      {command.stdin !== undefined ? (
        <Section id="stdin" title="Standard input" aside={counted(Buffer.byteLength(command.stdin), 'byte')}>
          <Lines of={command.stdin} label="What it is given on standard input" />
        </Section>
      ) : null}
      <Files files={command.files} />
      <NotBound remarks={answer.remarks} />
    </>
  );
};

export const Section = ({
  id,
  title,
  aside,
  children,
}: {
  id: string;
  title: string;
  aside?: string;
  children?: Child;
}) => (
  <section class="panel" aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>
      {title}
      {aside ? <span class="aside"> {aside}</span> : null}
    </h2>
    {children}
  </section>
);

const Mode = ({ mode, isTest }: { mode: ResolvedCommand['mode']; isTest: boolean }) => (
  <p class="mode">
    {mode === 'dry_run' ? (
      <>
        <strong>REHEARSAL.</strong> Nothing will be started: Gaia looks everything up again, judges it, and reports.
        {isTest ? ' It is a TEST request.' : ''}
      </>
    ) : mode === 'client' ? (
      <>
        <strong>The agent runs this itself;</strong> Gaia cannot hold it to it. What comes of it is as stated by the
        agent.
      </>
    ) : (
      <>
        <strong>FOR REAL.</strong> Gaia starts this once, on its own host.
      </>
    )}
  </p>
);

const Where = ({ command: { cwd, host, executable, timeoutSeconds, sandbox } }: { command: ResolvedCommand }) => (
  <Section id="where" title="Where">
    <dl class="facts">
      <dt>Directory</dt>
      <dd>
        <code>
          <Text of={cwd.path} />
        </code>
      </dd>
      <dt>Host</dt>
      <dd>
        {host === '' ? (
          'wherever the agent is'
        ) : (
          <code>
            <Text of={host} />
          </code>
        )}
      </dd>
      <dt>Program</dt>
      <dd>
        <code>
          <Text of={executable.path} />
        </code>
        <p class="quiet">
          {executable.binding === 'stated' ? null : (
            <>
              {counted(executable.bytes, 'byte')}, content <Hash of={executable.sha256} />,{' '}
            </>
          )}
          <b>{bindingWords[executable.binding].word}</b>. {bindingWords[executable.binding].meaning}
        </p>
        {executable.interpreter !== undefined ? (
          <p class="quiet">
            A script, read by{' '}
            <code>
              <Text of={executable.interpreter} />
            </code>
          </p>
        ) : null}
      </dd>
      <dt>Time limit</dt>
      <dd>{duration(timeoutSeconds * 1000)}</dd>
      <dt>Sandbox</dt>
      <dd>
        <Text of={sandboxWords(sandbox)} />
      </dd>
    </dl>
  </Section>
);

const Environment = ({
  id,
  title,
  env,
  aside,
}: {
  id: string;
  title: string;
  env: ResolvedCommand['env'];
  aside: string;
}) => {
  const names = Object.keys(env).sort();
  if (names.length === 0) return null;
  return (
    <Section id={id} title={title} aside={`${counted(names.length, 'variable')} ${aside}`}>
      <dl class="facts code">
        {names.map((name) => (
          <>
            <dt>
              <code>
                <Text of={name} />
              </code>
            </dt>
            <dd>
              <code>
                <Text of={env[name] ?? ''} />
              </code>
            </dd>
          </>
        ))}
      </dl>
    </Section>
  );
};

const becauseWords: Record<BoundFile['because'], string> = {
  argument: 'an argument names it',
  script: 'it is the script that is run',
  policy: 'the policy binds it',
};

const Files = ({ files }: { files: readonly BoundFile[] }) =>
  files.length === 0 ? null : (
    <Section id="files" title="Bound files" aside={counted(files.length, 'file')}>
      <ul class="files">
        {files.map((file) => (
          <li>
            <code>
              <Text of={file.name} />
            </code>
            {file.path !== file.name ? (
              <p class="quiet">
                at{' '}
                <code>
                  <Text of={file.path} />
                </code>
              </p>
            ) : null}
            <p class="quiet">
              {counted(file.bytes, 'byte')}, content <Hash of={file.sha256} />; {becauseWords[file.because]}.
            </p>
            <p class="quiet">
              <b>{capitalised(bindingWords[file.binding].word)}.</b> {bindingWords[file.binding].meaning}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );

const NotBound = ({ remarks: { unbound, notes } }: Pick<RequestAnswer, 'remarks'>) =>
  unbound.length + notes.length === 0 ? null : (
    <Section id="unbound" title="What the approval does not cover">
      <ul class="plain-list">
        {unbound.map(({ name, why }) => (
          <li>
            <strong>
              <Text of={name} />
            </strong>
            : <Text of={why} />
          </li>
        ))}
        {notes.map((note) => (
          <li>
            <Text of={note} />
          </li>
        ))}
      </ul>
    </Section>
  );
