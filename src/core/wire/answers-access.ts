import { z } from 'zod';
import { instant } from './instant.ts';

export const grantAnswer = z.object({
  id: z.string(),
  agent: z.string(),
  effectDigest: z.string(),
  what: z.string().describe('the command it allows, on one line'),
  request: z.string().describe('the request it was given with'),
  givenBy: z.string(),
  givenAt: instant,
  expiresAt: instant,
  uses: z.int(),
  usesMax: z.int(),
  state: z.enum(['live', 'over']),
  endedAt: instant.nullable(),
  endedBy: z.string().nullable(),
  endCode: z.string().nullable(),
});
export type GrantAnswer = z.output<typeof grantAnswer>;
export const grantListAnswer = z.object({ grants: z.array(grantAnswer) });
export type GrantListAnswer = z.output<typeof grantListAnswer>;

export const agentAnswer = z.object({
  name: z.string(),
  owner: z.string().nullable(),
  keys: z.int().describe('keys that work now; at most two'),
  keysEnd: instant.nullable().describe('when the last of them stops to work; null: never, or there is none'),
  open: z.int().describe('requests that are open now'),
  openMax: z.int(),
  lastMinute: z.int().describe('requests made within the last minute'),
  perMinuteMax: z.int(),
  grants: z.int().describe('live grants'),
  lastAskedAt: instant.nullable(),
});
export type AgentAnswer = z.output<typeof agentAnswer>;
export const agentListAnswer = z.object({ agents: z.array(agentAnswer) });
export type AgentListAnswer = z.output<typeof agentListAnswer>;

export const keyAnswer = z.object({
  id: z.string(),
  agent: z.string(),
  owner: z.string().nullable(),
  scopes: z.array(z.string()),
  state: z.enum(['live', 'expired', 'revoked']),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  replaces: z.string().nullable(),
});
export const keyListAnswer = z.object({ keys: z.array(keyAnswer) });
export type KeyListAnswer = z.output<typeof keyListAnswer>;
export const newKeyAnswer = z.object({
  key: keyAnswer,
  secret: z.string().describe('shown once'),
  oldWorksUntil: instant.optional(),
});
export type NewKeyAnswer = z.output<typeof newKeyAnswer>;

export const signInLinkAnswer = z.object({ url: z.string(), expiresAt: instant });
export type SignInLinkAnswer = z.output<typeof signInLinkAnswer>;

export const loginAnswer = z.object({ token: z.string(), code: z.string(), url: z.string(), expiresAt: instant });
export type LoginAnswer = z.output<typeof loginAnswer>;
export const loginFinishedAnswer = z.object({
  confirmed: z.boolean(),
  session: z.string().optional().describe('bearer for this person, for an hour; shown once'),
  person: z.string().optional(),
  expiresAt: instant.optional(),
});
export type LoginFinishedAnswer = z.output<typeof loginFinishedAnswer>;

export const loggedOutAnswer = z.object({ ended: z.boolean() });
