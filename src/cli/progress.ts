import type { Terminal } from './terminal.ts';
import { cutToColumns, widthOf } from './text/table.ts';

/** What is going on, on standard error: one line that is rewritten on a terminal, a line per news elsewhere. */
export class Progress {
  readonly #terminal: Terminal;
  #shown = '';
  #isOpen = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** `news` is worth a line of its own where lines stay; `detail` (a countdown) only where they are rewritten. */
  show(news: string, detail = ''): void {
    if (this.#terminal.errIsTerminal) {
      // a line that wraps could not be rewritten: only its last row would be
      const columns = (this.#terminal.errColumns ?? Number.POSITIVE_INFINITY) - 1;
      this.#terminal.err(`\r\x1b[K${cutToColumns(news, columns - widthOf(detail))}${detail}`);
      this.#isOpen = true;
    } else if (news !== this.#shown) {
      this.#terminal.err(`${news}${detail}\n`);
    }
    this.#shown = news;
  }

  /** Clears the line, so that what comes next begins at the margin. */
  end(): void {
    if (this.#isOpen) this.#terminal.err('\r\x1b[K');
    this.#isOpen = false;
  }
}
