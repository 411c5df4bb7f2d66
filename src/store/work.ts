import { AsyncLocalStorage } from 'node:async_hooks';
import type { NewEvent } from '../core/audit/event.ts';
import type { Handle, Tx } from './database.ts';

/** A use of the store that its rules forbid: a bug in the caller, never an answer to a person. */
export class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** One work: one transaction and what may still happen in it. */
export class Work {
  /** false from the moment its end is decided */
  live = true;
  /** a statement of it is running */
  busy = false;
  /** its first failed statement; such a work can only be rolled back (PostgreSQL refuses the rest anyway) */
  failed: Error | undefined;
  readonly events: NewEvent[] = [];
  readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  /** The connection's handle, lent to this work alone. */
  handle(handle: Handle): Tx {
    const lent = <Args extends unknown[], Result>(go: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        if (!this.live) throw over();
        return go(...args);
      };
    };
    return {
      t: handle.t,
      now: this.now,
      hold: handle.hold,
      run: async (statement, values) => lent(handle.run)(statement, values) as never,
      select: lent(handle.select) as Handle['select'],
      insert: lent(handle.insert) as Handle['insert'],
      update: lent(handle.update) as Handle['update'],
      delete: lent(handle.delete) as Handle['delete'],
      record: lent((event: NewEvent) => {
        this.events.push(event);
      }),
    };
  }
}

/** Which work the running code belongs to. */
export type Inside<W extends Work = Work> = AsyncLocalStorage<W>;
export const newInside = <W extends Work>(): Inside<W> => new AsyncLocalStorage<W>();

/** The gate: the work that the running code belongs to, where it may run one more statement. */
export function mayRun<W extends Work>(inside: Inside<W>): W {
  const work = inside.getStore();
  if (!work?.live) throw over();
  if (work.busy) {
    work.failed ??= new Misuse('two queries at once inside a work: await them one after another');
    throw work.failed;
  }
  if (work.failed)
    throw new Misuse(`a statement of this work failed before, so it can only end: ${work.failed.message}`);
  return work;
}

export function mayRead(inside: Inside): void {
  if (inside.getStore()?.live) throw new Misuse('read inside a write: use the handle of the work');
}

export function mayWrite(inside: Inside): void {
  if (inside.getStore()?.live) throw new Misuse('write inside a write: use the handle of the work');
}

export const strayed = () => new Misuse('a work waited for something other than the database; it was rolled back');

const over = () => new Misuse('this work is over: its handle can do no more');
