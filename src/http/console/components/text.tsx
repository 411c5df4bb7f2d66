import { visible, visibleLines } from '../../../core/text/visible.ts';

/** Anybody's text on one line, with everything that could hide or mislead spelled out and set apart. */
export const Text = ({ of }: { of: string }) => <Spelled shown={visible(of)} />;

/** Our own words for people, which may quote others: what stands between backticks is set as something to type. */
export const Words = ({ of }: { of: string }) => (
  <>
    {of.split(/`([^`]+)`/).map((part, index) =>
      index % 2 === 1 ? (
        <code>
          <Text of={part} />
        </code>
      ) : part === '' ? null : (
        part.split(/(^ | $)/).map((piece) => (piece === ' ' || piece === '' ? piece : <Text of={piece} />))
      ),
    )}
  </>
);

/** Anybody's text of several lines, each with its number. */
export const Lines = ({ of, label }: { of: string; label: string }) => (
  <ol class="lines" aria-label={label}>
    {visibleLines(of).map((line) => (
      <li>
        <code>
          <Spelled shown={line} />
        </code>
      </li>
    ))}
  </ol>
);

/** Anybody's prose: paragraphs as they were written. */
export const Prose = ({ of }: { of: string }) => (
  <div class="prose">
    {visibleLines(of).map((line) => (
      <p>
        <Spelled shown={line} />
      </p>
    ))}
  </div>
);

/** The start of a line that is already `visible`, and how much is left out. For lists only: nothing is decided there. */
export const Clipped = ({ shown, at = 240 }: { shown: string; at?: number }) => {
  if (shown.length <= at) return <Spelled shown={shown} />;
  const whole = shown.slice(0, at).replace(/⟨[^⟩]*$|[\ud800-\udbff]$/, '');
  return (
    <>
      <Spelled shown={whole} />
      <span class="more"> … {(shown.length - whole.length).toLocaleString('en')} more characters</span>
    </>
  );
};

const Spelled = ({ shown }: { shown: string }) => (
  <>
    {shown
      .split(/(⟨[^⟨⟩]*⟩)/)
      .map((part, index) =>
        index % 2 === 0 ? part : <span class={/^⟨space/.test(part) ? 'odd blank' : 'odd'}>{part}</span>,
      )}
  </>
);
