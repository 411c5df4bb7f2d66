import type { Bot } from './bot.ts';

export type Outcome =
  | { kind: 'waiting' }
  | { kind: 'answered'; result: unknown }
  | { kind: 'refused'; code: number; description: string; byFault: boolean }
  /** nothing was done and nothing said */
  | { kind: 'dropped' }
  /** it was done, and the answer was lost or cut */
  | { kind: 'reply_lost'; result: unknown };

/** One call as it came in. */
export interface Call {
  /** from 1, in order of arrival */
  number: number;
  /** on the double's clock, in milliseconds */
  at: number;
  bot: Bot;
  method: string;
  chatId: number | undefined;
  parameters: Readonly<Record<string, unknown>>;
  outcome: Outcome;
}

/** Every call with its time, its parameters and what came of it. */
export class Journal {
  readonly calls: Call[] = [];

  record(call: Omit<Call, 'number' | 'outcome'>): Call {
    const recorded: Call = { ...call, number: this.calls.length + 1, outcome: { kind: 'waiting' } };
    this.calls.push(recorded);
    return recorded;
  }

  /** @param methods any of them; without, all but getUpdates */
  callsOf(...methods: string[]): Call[] {
    return methods.length === 0
      ? this.calls.filter(({ method }) => method !== 'getUpdates')
      : this.calls.filter(({ method }) => methods.includes(method));
  }

  /** The calls, getUpdates apart, that came in while `work` was done. */
  async duringWindow(work: () => Promise<unknown>): Promise<Call[]> {
    const before = this.calls.length;
    await work();
    return this.calls.slice(before).filter(({ method }) => method !== 'getUpdates');
  }
}
