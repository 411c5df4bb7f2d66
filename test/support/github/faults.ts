/** What goes wrong. Without `after`, nothing was done; the others say in their name or comment whether it was. */
export type How =
  /** the connection breaks and nothing was done */
  | 'reset_before'
  /** everything was done, the answer never arrives */
  | 'reset_after'
  /** everything was done, the answer breaks off in its middle and the connection with it */
  | 'cut_body'
  /** everything was done, the answer arrives as half a JSON text */
  | 'garbled_body'
  /** waits until `end()`, and then does it after all, though the client may have gone long ago */
  | 'hang_before'
  /** does it, and answers only at `end()` */
  | 'hang_after'
  /** the list leaves out what this API created, as one behind the writes does */
  | 'stale_list'
  /** 500, 502, 503 … with a page instead of JSON; `after` everything was done where that is said */
  | { status: number; after?: boolean; retryAfter?: number }
  /** retryAfter in seconds; without it GitHub gives no hint (secondary), or x-ratelimit-reset alone (primary) */
  | { limit: 'primary' | 'secondary'; status?: 403 | 429; retryAfter?: number }
  /** to an address or a path of this server; nothing was done */
  | { redirect: string; status?: 301 | 302 | 307 | 308 }
  /** everything was done, and a 2xx says something else */
  | { alter: (body: unknown) => unknown; status?: number };

/** Which requests a fault meets; what is left out matches everything. */
export interface Where {
  method?: string;
  /** a template (`/repos/{owner}/{repo}/issues`), a whole path, or a pattern for the path */
  path?: string | RegExp;
  /** looks at the parsed body */
  when?: (body: unknown) => boolean;
  /** the first matching request it meets, counted from now (1, the next one, by default) */
  nth?: number;
  /** how many in a row from there (default 1; Infinity until `end`) */
  times?: number;
}

export interface PlacedFault {
  /** how many requests it met */
  hits: number;
  /** takes it away; what hangs goes on */
  end(): void;
}

export interface Fault {
  how: How;
  /** of what hangs */
  until: Promise<void>;
}

interface Meeting {
  method: string;
  path: string;
  template: string | undefined;
  body: unknown;
}

interface Placed extends PlacedFault {
  where: Where;
  fault: Fault;
  seen: number;
}

/** What goes wrong, by method, path and number of the request. */
export class Faults {
  #placed: Placed[] = [];

  place(where: Where, how: How): PlacedFault {
    let release: (() => void) | undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const placed: Placed = {
      where,
      fault: { how, until },
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

  /** Ends them all. */
  clear(): void {
    for (const placed of [...this.#placed]) placed.end();
  }

  /** The fault that this request meets. */
  meet(request: Meeting): Fault | undefined {
    let met: Placed | undefined;
    for (const placed of this.#placed) {
      if (!matches(placed.where, request)) continue;
      placed.seen += 1;
      const { nth = 1, times = 1 } = placed.where;
      if (met === undefined && placed.seen >= nth && placed.seen < nth + times) met = placed;
    }
    if (met !== undefined) met.hits += 1;
    return met?.fault;
  }
}

function matches({ method, path, when }: Where, request: Meeting): boolean {
  const onPath =
    path === undefined ||
    (typeof path === 'string' ? path === request.template || path === request.path : path.test(request.path));
  return onPath && (method === undefined || method === request.method) && (when?.(request.body) ?? true);
}
