import type { Head } from '../core/audit/event.ts';

/** Who wants to know that the log grew, and who that the store must stop. */
export class Signals {
  /** why nothing is written any more */
  stopped: Error | undefined;
  #seq: number;
  readonly #appended = new Set<(head: Head) => void>();
  readonly #fatal = new Set<(error: Error) => void>();

  constructor(seq: number) {
    this.#seq = seq;
  }

  readonly onAppended = (listener: (head: Head) => void): (() => void) => {
    this.#appended.add(listener);
    return () => this.#appended.delete(listener);
  };

  readonly onFatal = (listener: (error: Error) => void): (() => void) => {
    this.#fatal.add(listener);
    const { stopped } = this;
    if (stopped) queueMicrotask(() => listener(stopped));
    return () => this.#fatal.delete(listener);
  };

  /** Tells of a head once, whether this process moved it or another did. A listener that throws is a bug, uncaught. */
  appended(head: Head): void {
    if (head.seq <= this.#seq) return;
    this.#seq = head.seq;
    for (const listener of this.#appended) queueMicrotask(() => listener(head));
  }

  /** Stops all further writes and says why, once. */
  fatal(error: Error): void {
    if (this.stopped) return;
    this.stopped = error;
    for (const listener of this.#fatal) queueMicrotask(() => listener(error));
  }
}
