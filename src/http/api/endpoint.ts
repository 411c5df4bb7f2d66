import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import type { Caller, Door, Env } from '../door.ts';

/** One operation of the API: how it is described, and what it does. */
export interface Endpoint {
  method: 'get' | 'post';
  /** with `{id}` where an id stands */
  path: string;
  /** what clients call it; made of method and path unless told */
  name?: string;
  summary: string;
  description?: string;
  /** who may call; said in the description and checked by `handle` */
  by: 'anyone' | 'caller' | 'person' | 'looker' | 'operator' | 'admin';
  query?: z.ZodObject;
  body?: z.ZodType;
  /** bytes its body may have; a megabyte unless told */
  bodyLimit?: number;
  answers: { readonly [status: number]: { description: string; schema?: z.ZodType } };
  handle(call: Call): Promise<Response>;
}

export interface Call {
  c: Context<Env>;
  door: Door;
  /** who calls; throws when nobody is known */
  caller(): Promise<Caller>;
  /** the same, looked up afresh: for answers that outlive a key or a session */
  callerNow(): Promise<Caller>;
  /** the JSON of the body, within the endpoint's limit */
  body(): Promise<Record<string, unknown>>;
  /** the query, validated by the endpoint's schema */
  query: Record<string, unknown>;
}

/** Whom limits count: an agent by its key, people and the administrator by name. */
export const nameOf = (caller: Caller): string =>
  caller.kind === 'agent' ? `key:${caller.keyId}` : caller.asker.by.actor;

/** An agent sees its own requests only. */
export const ownOnly = (caller: Caller): { askedBy?: string } =>
  caller.kind === 'agent' ? { askedBy: caller.asker.by.actor } : {};

/** An answer in JSON. */
export const answer = (c: Context<Env>, value: unknown, status: ContentfulStatusCode = 200): Response =>
  c.body(JSON.stringify(value), status, { 'content-type': 'application/json' });
