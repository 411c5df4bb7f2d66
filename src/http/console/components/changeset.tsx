import type { Effect } from '../../../core/approval/request.ts';
import { resultWords, type ShownLine, shownOperation } from '../../../core/change/shown.ts';
import { nameOf } from '../../../core/change/target.ts';
import { counted } from '../../../core/text/count.ts';
import { visible } from '../../../core/text/visible.ts';
import type { RequestAnswer } from '../../../core/wire/answers.ts';
import { Section } from './command.tsx';
import { Hash } from './hash.tsx';
import { Lines, Text } from './text.tsx';

type Changeset = Extract<Effect, { kind: 'changeset' }>['changeset'];

/** A changeset whole: every operation, on what, and every line that it changes. */
export const ChangesetEffect = ({
  changeset,
  answer: { remarks, endedAt },
}: {
  changeset: Changeset;
  answer: RequestAnswer;
}) => (
  <>
    <Section
      id="what"
      title={endedAt === null ? 'What would be written' : 'What was asked for'}
      aside={counted(changeset.operations.length, 'operation')}
    >
      <dl class="facts">
        <dt>To</dt>
        <dd>
          <Text of={nameOf(changeset.target)} />
        </dd>
        <dt>By</dt>
        <dd>
          {changeset.transport === 'live' ? (
            <>
              <strong>FOR REAL,</strong> to <Text of={changeset.host} />, once.
            </>
          ) : (
            <>
              <strong>Gaia's own world:</strong> nothing leaves this machine.
            </>
          )}
        </dd>
        {changeset.run === null ? null : (
          <>
            <dt>Rests on</dt>
            <dd>
              run {changeset.run.id}, epoch {changeset.run.epoch}, commit{' '}
              <code>{(changeset.run.headSha ?? 'none').slice(0, 12)}</code>
            </dd>
          </>
        )}
      </dl>
      {remarks.notes.map((note) => (
        <p class="quiet">
          <Text of={note} />
        </p>
      ))}
    </Section>
    {changeset.operations.map((operation, index) => {
      const { name, on, url, lines } = shownOperation(operation, index);
      return (
        <Section id={`operation-${index + 1}`} title={name} aside={visible(on)}>
          {url === null ? null : (
            <p>
              {url.startsWith('https://') ? (
                <a href={url} rel="noreferrer">
                  <Text of={url} />
                </a>
              ) : (
                <code>
                  <Text of={url} />
                </code>
              )}
            </p>
          )}
          {grouped(lines).map((group) =>
            group[0]?.kind === 'note' ? (
              group.map(({ text }) => (
                <p class="quiet">
                  <Text of={text} />
                </p>
              ))
            ) : (
              <>
                <h3>
                  <Text of={group[0]?.text ?? ''} />
                </h3>
                <ul class="diff" aria-label={`What changes in ${visible(group[0]?.text ?? '')}`}>
                  {group.slice(1).map((line) => (
                    <DiffRow line={line} />
                  ))}
                </ul>
              </>
            ),
          )}
        </Section>
      );
    })}
  </>
);

const signs: Partial<Record<ShownLine['kind'], { class: string; words: string }>> = {
  '+': { class: 'added', words: 'added' },
  '-': { class: 'removed', words: 'removed' },
  '@': { class: 'part', words: 'part' },
};

const DiffRow = ({ line: { kind, text } }: { line: ShownLine }) => (
  <li class={signs[kind]?.class ?? 'kept'}>
    <span class="sign" title={signs[kind]?.words ?? 'unchanged'}>
      {kind === '@' ? '' : kind}
    </span>
    <code>{text === '' ? '' : <Text of={text} />}</code>
  </li>
);

/** Each field with the lines that belong to it; remarks at the end. */
function grouped(lines: readonly ShownLine[]): ShownLine[][] {
  const groups: ShownLine[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (line.kind === 'field' || last === undefined || (line.kind === 'note') !== (last[0]?.kind === 'note'))
      groups.push([line]);
    else last.push(line);
  }
  return groups;
}

/** A document that people approve word for word. */
export const CheckpointEffect = ({
  checkpoint,
}: {
  checkpoint: Extract<Effect, { kind: 'checkpoint' }>['checkpoint'];
}) => (
  <Section id="what" title={checkpoint.file} aside="a document; what is approved is every word of it">
    <p>
      Content <Hash of={checkpoint.sha256} />. While it is approved, it is one of the conditions for live writes to
      GitHub.
    </p>
    <Lines of={checkpoint.text} label="The document" />
  </Section>
);

/** How each operation came out, with links. */
export const Results = ({ operations }: { operations: NonNullable<RequestAnswer['operations']> }) => (
  <Section id="results" title="What was written">
    <ol class="plain-list">
      {operations.map(({ op, on, outcome, written, text }) => {
        const { sign, word } = resultWords(outcome);
        return (
          <li>
            <span aria-hidden="true">{sign}</span> <strong>{op}</strong>, <Text of={on} />: {word}.{' '}
            {written?.url ? (
              written.url.startsWith('https://') ? (
                <a href={written.url} rel="noreferrer">
                  <Text of={written.url} />
                </a>
              ) : (
                <code>
                  <Text of={written.url} />
                </code>
              )
            ) : null}
            {text === null ? null : (
              <p class="quiet">
                <Text of={text} />
              </p>
            )}
          </li>
        );
      })}
    </ol>
  </Section>
);
