import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The parts of a build that proofs and benches touch, loaded from that build and typed by the sources. */
export async function loadGaia(root: string) {
  const from = <Module>(path: string): Promise<Module> => import(pathToFileURL(join(root, 'dist', path)).href);
  const [app, requests, decisions, rehearsals, pauses, policies, keys, sessions, seals] = await Promise.all([
    from<typeof import('../../src/actions/app.ts')>('actions/app.js'),
    from<typeof import('../../src/actions/requests.ts')>('actions/requests.js'),
    from<typeof import('../../src/actions/decisions.ts')>('actions/decisions.js'),
    from<typeof import('../../src/actions/starts.ts')>('actions/starts.js'),
    from<typeof import('../../src/actions/pauses.ts')>('actions/pauses.js'),
    from<typeof import('../../src/actions/policies.ts')>('actions/policies.js'),
    from<typeof import('../../src/actions/keys.ts')>('actions/keys.js'),
    from<typeof import('../../src/actions/sessions.ts')>('actions/sessions.js'),
    from<typeof import('../../src/actions/seals.ts')>('actions/seals.js'),
  ]);
  const [expiries, showings, withdrawals] = await Promise.all([
    from<typeof import('../../src/actions/expiries.ts')>('actions/expiries.js'),
    from<typeof import('../../src/actions/showings.ts')>('actions/showings.js'),
    from<typeof import('../../src/actions/withdrawals.ts')>('actions/withdrawals.js'),
  ]);
  const [agents, append, migrator, sqlite, postgres, stored, votes] = await Promise.all([
    from<typeof import('../../src/store/agents.ts')>('store/agents.js'),
    from<typeof import('../../src/store/append.ts')>('store/append.js'),
    from<typeof import('../../src/store/migrator.ts')>('store/migrator.js'),
    from<typeof import('../../src/store/sqlite.ts')>('store/sqlite.js'),
    from<typeof import('../../src/store/postgres.ts')>('store/postgres.js'),
    from<typeof import('../../src/store/requests.ts')>('store/requests.js'),
    from<typeof import('../../src/store/decisions.ts')>('store/decisions.js'),
  ]);
  const [errors, visible, seal, event, key] = await Promise.all([
    from<typeof import('../../src/core/errors.ts')>('core/errors.js'),
    from<typeof import('../../src/core/text/visible.ts')>('core/text/visible.js'),
    from<typeof import('../../src/core/audit/seal.ts')>('core/audit/seal.js'),
    from<typeof import('../../src/core/audit/event.ts')>('core/audit/event.js'),
    from<typeof import('../../src/core/access/key.ts')>('core/access/key.js'),
  ]);
  const [hashing, resolving, server, security, deliver, follow, files, events, requestViews] = await Promise.all([
    from<typeof import('../../src/executor/hash-files.ts')>('executor/hash-files.js'),
    from<typeof import('../../src/executor/resolve.ts')>('executor/resolve.js'),
    from<typeof import('../../src/http/server.ts')>('http/server.js'),
    from<typeof import('../../src/http/security.ts')>('http/security.js'),
    from<typeof import('../../src/loops/deliver.ts')>('loops/deliver.js'),
    from<typeof import('../../src/loops/follow-log.ts')>('loops/follow-log.js'),
    from<typeof import('../../src/home/write-file-atomic.ts')>('home/write-file-atomic.js'),
    from<typeof import('../../src/views/events.ts')>('views/events.js'),
    from<typeof import('../../src/views/requests.ts')>('views/requests.js'),
  ]);
  const verifying = await from<typeof import('../../src/cli/local/verify-store.ts')>('cli/local/verify-store.js');
  const [executor, executions] = await Promise.all([
    from<typeof import('../../src/executor/executor.ts')>('executor/executor.js'),
    from<typeof import('../../src/actions/executions.ts')>('actions/executions.js'),
  ]);
  const [channel, channelNotices, senderApi, sender, status] = await Promise.all([
    from<typeof import('../../src/telegram/channel.ts')>('telegram/channel.js'),
    from<typeof import('../../src/telegram/channel-notices.ts')>('telegram/channel-notices.js'),
    from<typeof import('../../src/telegram/sender/api.ts')>('telegram/sender/api.js'),
    from<typeof import('../../src/telegram/sender/sender.ts')>('telegram/sender/sender.js'),
    from<typeof import('../../src/views/status.ts')>('views/status.js'),
  ]);
  const [publishing, unknown, runs, side, live, texts] = await Promise.all([
    from<typeof import('../../src/actions/publishing.ts')>('actions/publishing.js'),
    from<typeof import('../../src/actions/changes/unknown.ts')>('actions/changes/unknown.js'),
    from<typeof import('../../src/actions/runs.ts')>('actions/runs.js'),
    from<typeof import('../../src/github/side.ts')>('github/side.js'),
    from<typeof import('../../src/github/live/transport.ts')>('github/live/transport.js'),
    from<typeof import('../../src/github/texts/read-texts.ts')>('github/texts/read-texts.js'),
  ]);
  return {
    root,
    ...verifying,
    ...publishing,
    ...runs,
    ...side,
    ...live,
    ...texts,
    lookAgain: unknown.lookAgain,
    resolve: executions.resolve,
    ...executor,
    lookAfterExecutions: executions.lookAfterExecutions,
    stopCommand: executions.stopCommand,
    removeLeftovers: executions.removeLeftovers,
    ...channel,
    ...channelNotices,
    ...senderApi,
    ...sender,
    ...status,
    ...app,
    ...requests,
    ...expiries,
    ...showings,
    ...withdrawals,
    ...decisions,
    ...rehearsals,
    ...pauses,
    ...policies,
    ...keys,
    ...sessions,
    ...seals,
    ...agents,
    ...append,
    ...migrator,
    ...sqlite,
    ...postgres,
    ...errors,
    ...visible,
    ...seal,
    ...event,
    ...key,
    ...hashing,
    ...resolving,
    ...server,
    ...security,
    ...deliver,
    ...follow,
    ...files,
    ...events,
    ...requestViews,
    findRequest: stored.findRequest,
    listVotes: votes.listVotes,
  };
}
export type Gaia = Awaited<ReturnType<typeof loadGaia>>;
