import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ended, Handover } from '../../src/actions/executor.ts';
import type { CommandInput, ResolvedCommand } from '../../src/core/command/command.ts';
import type { Sandbox } from '../../src/core/command/sandbox.ts';
import type { ExecutorOptions } from '../../src/executor/executor.ts';
import type { Gaia } from './gaia.ts';
import { execUser, type Workshop } from './workshop.ts';

/** How commands can be kept apart from Gaia. */
export const isolations = {
  'in a sandbox': { sandbox: 'auto', ...execUser },
  'as another user': { sandbox: 'off', ...execUser },
  'not at all': { sandbox: 'off' },
} as const satisfies Record<string, Partial<ExecutorOptions>>;

/** On a busy machine a start alone takes seconds. */
const endsWithinMs = 120_000;

/** An executor of a build, over a data directory beside a workshop. */
export async function anExecutor(gaia: Gaia, workshop: Workshop, options: Partial<ExecutorOptions> = {}) {
  const home = join(workshop.root, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'admin.key'), 'PLANTED-ADMIN-KEY\n', { mode: 0o600 });
  const executor = await gaia.openExecutor({
    ...{ allow: true, home, masks: [], sandbox: 'auto', reach: () => undefined, graceMs: 500, ...execUser },
    ...options,
  });
  const hash = gaia.hashFiles();
  let ids = 0;
  const command = async (
    input: Partial<CommandInput>,
    sandbox: Partial<Sandbox & object> = {},
  ): Promise<ResolvedCommand> => {
    const how = { path: '/usr/bin:/bin', bind: [], mode: 'real', ownUid: process.getuid?.() ?? -1, hash } as const;
    const found = await gaia.resolveCommand({ argv: ['true'], cwd: workshop.cwd, ...input }, how);
    if ('blockers' in found) throw new Error(JSON.stringify(found.blockers));
    const { isolation, user } = executor;
    const given = { isolation, profile: 'default', network: false, writable: ['.'], path: [], env: {}, ...sandbox };
    return { ...found.command, mode: 'real', sandbox: { ...given, ...(user !== undefined && { user }) } };
  };
  const ended = async (id: string): Promise<Ended> => {
    for (const until = Date.now() + endsWithinMs; Date.now() < until; await delay(20)) {
      const seen = await executor.look(id);
      if (seen.kind === 'ended') return seen.ended;
      if (seen.kind === 'lost' || seen.kind === 'never_started') throw new Error(`${id} is ${seen.kind}`);
    }
    throw new Error(`${id} has not ended within ${endsWithinMs} ms`);
  };
  const begin = async (id: string, what: ResolvedCommand, handover: Handover = { secrets: {}, patterns: [] }) =>
    executor.start(await executor.hold(id, what), handover);
  return {
    executor,
    home,
    newId: (): string => `execution-${++ids}`,
    command,
    begin,
    ended,
    async close(): Promise<void> {
      for (const id of await executor.list()) await executor.forget(id);
    },
  };
}
export type AnExecutor = Awaited<ReturnType<typeof anExecutor>>;

/** Does things a few at a time; what is thrown is thrown when all have come to an end. */
export async function severalAtOnce<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
