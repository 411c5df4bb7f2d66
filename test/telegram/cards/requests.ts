import type { ResolvedCommand } from '../../../src/core/command/command.ts';
import type { RequestAnswer } from '../../../src/core/wire/answers.ts';
import { aDigest, anInstant } from '../../support/request.ts';

export const people: Record<string, string> = { '101': 'Grace', '102': 'Alan' };
export const facts = {
  now: anInstant + 60_000,
  timeZone: 'Europe/Berlin',
  names: (id: string): string => people[id] ?? id,
  button: (action: unknown): string => `b:${JSON.stringify(action)}`.slice(0, 64),
};

/** `make deploy` as looked up, for real unless told otherwise. */
export const aResolvedCommand = (of: Partial<ResolvedCommand> = {}): ResolvedCommand => ({
  argv: ['make', 'deploy'],
  executable: { path: '/usr/bin/make', sha256: '3f'.repeat(32), bytes: 231_584, binding: 'fixed' },
  cwd: { path: '/srv/app', device: '2049', inode: '131' },
  env: {},
  files: [],
  timeoutSeconds: 600,
  mode: 'dry_run',
  sandbox: 'none',
  host: 'build-1',
  ...of,
});

/** A waiting request for `make deploy` as people are answered it. */
export const aWaiting = (of: Partial<RequestAnswer> = {}): RequestAnswer => ({
  id: 'r-7F3K2Q',
  kind: 'command',
  state: 'pending',
  ended: false,
  title: null,
  reason: null,
  askedBy: 'agent:builder',
  owner: '101',
  digest: aDigest,
  effectDigest: 'e'.repeat(64),
  tier: 'normal',
  approvals: { needed: 1, given: 0, confirm: false, missing: '1 more approval', approvers: null },
  rules: ['a person decides on every request'],
  mode: 'dry_run',
  isTest: false,
  effect: { v: 1, kind: 'command', isTest: false, command: aResolvedCommand() },
  remarks: { unbound: [], notes: [] },
  blockers: [],
  missing: [],
  votes: [],
  createdAt: anInstant,
  expiresAt: anInstant + 1_800_000,
  shownAt: null,
  decidedAt: null,
  effectBy: null,
  endedAt: null,
  end: null,
  answer: null,
  outcome: null,
  supersedes: null,
  changes: null,
  grantable: false,
  grant: null,
  comments: [],
  agentRunId: null,
  joins: 0,
  url: 'http://127.0.0.1:8080/requests/r-7F3K2Q',
  ...of,
});

export const aWaitingCommand = (command: Partial<ResolvedCommand>, of: Partial<RequestAnswer> = {}): RequestAnswer =>
  aWaiting({
    effect: { v: 1, kind: 'command', isTest: false, command: aResolvedCommand(command) },
    mode: command.mode ?? 'dry_run',
    ...of,
  });

export const aWaitingQuestion = (text: string, choices?: string[], of: Partial<RequestAnswer> = {}): RequestAnswer =>
  aWaiting({
    kind: 'question',
    mode: null,
    effect: { v: 1, kind: 'question', isTest: false, question: { text, ...(choices ? { choices } : {}) } },
    ...of,
  });

/** A card as a person reads it: its texts, then its buttons. */
export const asRead = (card: { pages: { text: string }[]; keyboard: { text: string }[][] }): string =>
  [
    ...card.pages.map(({ text }) => text),
    card.keyboard.map((row) => row.map(({ text }) => `[${text}]`).join(' ')).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n───\n');
