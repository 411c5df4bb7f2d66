import type { OutputAnswer, RequestAnswer } from '../core/wire/answers.ts';
import type { Terminal } from './terminal.ts';

type Stream = 'stdout' | 'stderr';
type Outcome = NonNullable<RequestAnswer['outcome']>;

/** Characters of what was shown last that are looked for in an outcome which does not hold everything. */
const landmark = 200;
/** Characters of the end of such an outcome that are shown where the landmark is not found. */
const shownEnd = 4_096;

/** What a running command writes, shown as it comes: its output on ours, its errors on ours, each part once. */
export class LiveOutput {
  readonly #terminal: Terminal;
  /** UTF-16 code units of each stream that are behind us, and the last of them */
  readonly #seen = { stdout: { end: 0, last: '' }, stderr: { end: 0, last: '' } };
  readonly #isOpen = { stdout: false, stderr: false };
  #hasShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get hasShown(): boolean {
    return this.#hasShown;
  }

  show(live: OutputAnswer): void {
    this.#showStream('stdout', live.stdout);
    this.#showStream('stderr', live.stderr);
  }

  /** The rest, from the outcome. Where nothing was shown before, nothing is: the outcome shows itself. */
  finish(outcome: Outcome): void {
    if (this.#hasShown) {
      for (const stream of ['stdout', 'stderr'] as const) this.#finishStream(stream, outcome);
    }
    this.endLines();
  }

  /** Ends lines that are still open, so that what comes next begins at the margin. */
  endLines(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#isOpen[stream]) this.#write(stream, '\n');
    }
  }

  #showStream(stream: Stream, { text, end }: OutputAnswer[Stream]): void {
    const before = this.#seen[stream].end;
    const start = end - text.length;
    if (end <= before) return;
    if (start > before) this.#sayMissed(stream, start - before);
    this.#take(stream, text.slice(Math.max(0, before - start)), end);
  }

  #finishStream(stream: Stream, outcome: Outcome): void {
    const { end, last } = this.#seen[stream];
    const text = outcome[stream];
    if (end === 0 || text.slice(Math.max(0, end - last.length), end) === last) {
      this.#take(stream, text.slice(end), text.length);
      return;
    }
    const at = text.lastIndexOf(last);
    if (at < 0) this.#sayMissed(stream);
    this.#take(stream, text.slice(at < 0 ? -shownEnd : at + last.length), text.length);
  }

  #take(stream: Stream, text: string, end: number): void {
    this.#seen[stream] = { end, last: (this.#seen[stream].last + text).slice(-landmark) };
    if (text === '') return;
    this.#hasShown = true;
    this.#write(stream, harmless(text));
  }

  #sayMissed(stream: Stream, characters?: number): void {
    this.endLines();
    const part = characters === undefined ? 'a part' : `${characters} characters`;
    this.#terminal.err(`⟨not shown here: ${part} of its ${stream}; gaia show has what is kept of it at the end⟩\n`);
  }

  #write(stream: Stream, text: string): void {
    const other = stream === 'stdout' ? 'stderr' : 'stdout';
    const { outIsTerminal, errIsTerminal } = this.#terminal;
    if (this.#isOpen[other] && text !== '\n' && outIsTerminal && errIsTerminal) this.#write(other, '\n'); // one screen
    this.#isOpen[stream] = !text.endsWith('\n');
    if (stream === 'stdout') this.#terminal.out(text);
    else this.#terminal.err(text);
  }
}

/** What a command wrote, without what could steer a terminal: that is spelled out. Lines and tabs stay. */
const harmless = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(
      /(?![\n\t])[\p{C}\u2028\u2029]/gu,
      (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
    );
