import type { Token } from './accounts.ts';

export type ObjectKind =
  | 'issue'
  | 'pull'
  | 'issue_comment'
  | 'review'
  | 'review_comment'
  | 'label'
  | 'status'
  | 'sub_issue'
  | 'dependency'
  | 'project_item'
  | 'draft_item'
  | 'installation_token';

/** Something that a request made or changed. */
export interface Trace {
  act: 'created' | 'changed';
  kind: ObjectKind;
  id: number;
  /** full name; empty where it belongs to none */
  repository: string;
}

export type Outcome =
  | { kind: 'waiting' }
  | { kind: 'answered'; status: number; body: unknown }
  | { kind: 'refused'; status: number; message: string; byFault: boolean }
  /** nothing was done and nothing said */
  | { kind: 'dropped' }
  /** it was done, and the answer was lost, cut, or turned into something else */
  | { kind: 'reply_lost'; status: number; body: unknown };

/** One request as it came in, what came of it, and what it left behind. */
export interface Exchange {
  /** from 1, in order of arrival */
  number: number;
  /** on the double's clock, in milliseconds */
  at: number;
  method: string;
  /** decoded, without the query */
  path: string;
  /** as GitHub's description spells it; undefined where it describes no such operation */
  template: string | undefined;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
  token: Token | undefined;
  isWrite: boolean;
  /** other writes that had no answer yet when it came */
  writesInFlight: number;
  outcome: Outcome;
  traces: Trace[];
}

/** Everything that came over the wire: the witness that Gaia's own records are compared with. */
export class Journal {
  readonly exchanges: Exchange[] = [];

  record(exchange: Omit<Exchange, 'number' | 'outcome' | 'traces' | 'writesInFlight'>): Exchange {
    const writesInFlight = this.writes().filter(({ outcome }) => outcome.kind === 'waiting').length;
    const number = this.exchanges.length + 1;
    const recorded: Exchange = { ...exchange, number, writesInFlight, outcome: { kind: 'waiting' }, traces: [] };
    this.exchanges.push(recorded);
    return recorded;
  }

  writes = (): Exchange[] => this.exchanges.filter(({ isWrite }) => isWrite);

  get traces(): Trace[] {
    return this.exchanges.flatMap(({ traces }) => traces);
  }
}
