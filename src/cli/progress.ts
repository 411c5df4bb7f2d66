import type { Terminal } from './terminal.ts';

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
      this.#terminal.err(`\r\x1b[K${news}${detail}`);
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
