import type { ResponseParameters } from 'grammy/types';

/** Which calls a fault meets; what is left out matches everything. */
export interface Where {
  method?: string;
  chat?: number | { id: number };
  /** the token's bot */
  bot?: { id: number };
  /** looks at the parameters of the call */
  when?: (parameters: Readonly<Record<string, unknown>>) => boolean;
  /** the first matching call it meets, counted from now (1, the next one, by default) */
  nth?: number;
  /** how many in a row from there (default 1; Infinity until `end`) */
  times?: number;
}

export type Fault =
  | { kind: 'refuse'; code: number; description: string; parameters?: ResponseParameters | undefined }
  /** the connection breaks, nothing was done */
  | { kind: 'drop' }
  /** everything was done, the answer never arrives */
  | { kind: 'lose_reply' }
  /** everything was done, the answer breaks off in its middle */
  | { kind: 'cut_reply' }
  /** everything was done, the answer says something else */
  | { kind: 'alter_reply'; alter: (result: unknown) => unknown }
  /** nothing is done until it is let go */
  | { kind: 'stall'; until: Promise<void> };

export interface PlacedFault {
  /** how many calls it met */
  hits: number;
  /** takes it away; a stalled call goes on */
  end(): void;
}

interface Meeting {
  method: string;
  chatId: number | undefined;
  botId: number;
  parameters: Readonly<Record<string, unknown>>;
}

interface Placed extends PlacedFault {
  where: Where;
  fault: Fault;
  seen: number;
}

/** What goes wrong, by method, chat and number of the call. */
export class Faults {
  #placed: Placed[] = [];

  refuse(where: Where, code: number, description: string, parameters?: ResponseParameters): PlacedFault {
    return this.#place(where, { kind: 'refuse', code, description, parameters });
  }

  /** @param retryAfter seconds */
  flood(where: Where, retryAfter: number): PlacedFault {
    const parameters = { retry_after: retryAfter };
    return this.refuse(where, 429, `Too Many Requests: retry after ${retryAfter}`, parameters);
  }

  /** @param code 500, 502 or 504 */
  breakDown(where: Where, code = 502): PlacedFault {
    const words: Record<number, string> = { 500: 'Internal Server Error: restart', 502: 'Bad Gateway' };
    return this.refuse(where, code, words[code] ?? 'Gateway Timeout');
  }

  dropBefore(where: Where): PlacedFault {
    return this.#place(where, { kind: 'drop' });
  }

  loseReply(where: Where): PlacedFault {
    return this.#place(where, { kind: 'lose_reply' });
  }

  cutReply(where: Where): PlacedFault {
    return this.#place(where, { kind: 'cut_reply' });
  }

  alterReply(where: Where, alter: (result: unknown) => unknown): PlacedFault {
    return this.#place(where, { kind: 'alter_reply', alter });
  }

  stall(where: Where): PlacedFault {
    let release: (() => void) | undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    return this.#place(where, { kind: 'stall', until }, () => release?.());
  }

  /** Ends them all. */
  clear(): void {
    for (const placed of [...this.#placed]) placed.end();
  }

  /** The fault that this call meets. */
  meet(call: Meeting): Fault | undefined {
    let met: Placed | undefined;
    for (const placed of this.#placed) {
      if (!matches(placed.where, call)) continue;
      placed.seen += 1;
      const { nth = 1, times = 1 } = placed.where;
      if (met === undefined && placed.seen >= nth && placed.seen < nth + times) met = placed;
    }
    if (met !== undefined) met.hits += 1;
    return met?.fault;
  }

  #place(where: Where, fault: Fault, release?: () => void): PlacedFault {
    const placed: Placed = {
      where,
      fault,
      seen: 0,
      hits: 0,
      end: () => {
        this.#placed = this.#placed.filter((each) => each !== placed);
        release?.();
      },
    };
    this.#placed.push(placed);
    return placed;
  }
}

function matches({ method, chat, bot, when }: Where, call: Meeting): boolean {
  const chatId = typeof chat === 'object' ? chat.id : chat;
  return (
    (method === undefined || method.toLowerCase() === call.method.toLowerCase()) &&
    (chatId === undefined || chatId === call.chatId) &&
    (bot === undefined || bot.id === call.botId) &&
    (when?.(call.parameters) ?? true)
  );
}
