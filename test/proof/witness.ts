import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What a client outside Gaia saw: one call, and what it was answered. `status` 0: no answer came. */
export interface Witness {
  act: 'submit' | 'look' | 'decide' | 'withdraw' | 'wait';
  status: number;
  /** the request it was about; of a submission, the one that was answered */
  requestId?: string | undefined;
  /** who decided */
  person?: string | undefined;
  verdict?: string | undefined;
  /** the request digest that was sent, or that was shown */
  digest?: string | undefined;
  /** the state that was answered */
  state?: string | undefined;
  /** the same had been said before: nothing was recorded anew */
  repeated?: boolean | undefined;
  /** the first of two acts: nothing was recorded yet */
  toConfirm?: boolean | undefined;
  /** the argv that was asked for */
  argv?: readonly string[] | undefined;
  /** the problem's code */
  code?: string | undefined;
}

/** Keeps what clients saw, outside Gaia: in memory, or one line a call in a file. */
export function witnesses(path?: string) {
  const all: Witness[] =
    path && existsSync(path)
      ? readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
  return {
    all,
    saw(witness: Witness): void {
      all.push(witness);
      if (path) appendFileSync(path, `${JSON.stringify(witness)}\n`);
    },
  };
}
export type Witnesses = ReturnType<typeof witnesses>;
