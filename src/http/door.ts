import type { KeyObject } from 'node:crypto';
import type { Hono } from 'hono';
import type { App } from '../actions/app.ts';
import type { Asker } from '../actions/requests.ts';
import type { Session } from '../actions/sessions.ts';
import type { By } from '../core/access/actor.ts';
import type { GaiaError } from '../core/errors.ts';
import type { Host } from '../views/metrics.ts';
import type { Viewer } from '../views/requests.ts';

/** What the HTTP edge is built from. */
export interface Door {
  app: App;
  viewer: Viewer;
  /** this instant in milliseconds; never runs backwards */
  now: () => number;
  /**
   * Where the console is; `viewer.publicUrl` unless told. On loopback it has a name of its own that only people learn:
   * browsers send a cookie to every port of a host, and any program may listen on another one.
   */
  consoleUrl?: string;
  /** the zone in which people read exact times, by its IANA name */
  timeZone: string;
  adminKey: string;
  /** lets its holder look and requeue; absent: nobody */
  monitorToken?: string;
  /** what is read of the process and its disk; absent: nothing can be */
  host?: Host;
  sealKey: KeyObject;
  /** reads the policy file afresh */
  readPolicyFile: () => Promise<string | undefined>;
  version: string;
  startedAt: number;
  /** false while the process starts or stops */
  isReady: () => boolean;
  /** told of anything unexpected; never gets secrets */
  report: (error: unknown, facts: Record<string, unknown>) => void;
  /** ends long polls and streams when Gaia stops */
  stopping: AbortSignal;
}

/** Who calls, as `authenticate` found out. */
export type Caller =
  | { kind: 'agent'; asker: Asker; agent: string; keyId: string }
  | { kind: 'person'; asker: Asker; personId: string; session: Session; viaCookie: boolean }
  | { kind: 'admin'; asker: Asker };

export interface Env {
  Variables: {
    traceId: string;
    /** who acts, once that is known */
    by?: By;
    /** the call is an act of people or administrators, so that whatever bars it is kept in the log */
    isAct?: boolean;
    /** why the call came to nothing, where a page shows it */
    refusal?: GaiaError;
  };
}
export type Routes = Hono<Env>;
