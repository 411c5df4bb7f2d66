import type { Made } from '../../core/audit/made.ts';
import type { LogFault } from '../../core/audit/verify.ts';
import {
  type StoredAgent,
  type StoredGrant,
  type StoredKey,
  type StoredSession,
  verifyAgent,
  verifyGrant,
  verifyKey,
  verifySession,
} from '../../core/audit/verify-access.ts';
import { type StoredPolicy, verifyInstallation, verifyPolicy } from '../../core/audit/verify-system.ts';
import {
  findGrantRow,
  findKeyRow,
  findPolicyRow,
  listEventsOf,
  listGrantRows,
  listKeyRows,
  listPolicyRows,
  listSessionRows,
} from '../../store/audit-rows.ts';
import type { Database } from '../../store/database.ts';
import { getInstallation, type Installation } from '../../store/installation.ts';
import { findSession } from '../../store/sessions.ts';
import { missing, verifyRecords } from './verify-records.ts';

const pageSize = 200;

/**
 * Compares with the log who may come in and under which rules: keys, grants, agents, sessions, policies, and the installation.
 * `agents` were read before the log was, so that each of them has its event.
 */
export async function verifyAccess(db: Database, made: Made, agents: readonly StoredAgent[]): Promise<LogFault[]> {
  return [
    ...(await verifyKeys(db, made.keys)),
    ...(await verifyGrants(db, made.grants)),
    ...verifyAgents(agents, made),
    ...(await verifySessions(db)),
    ...(await verifyPolicies(db, made.policies)),
    ...(await verifyTheInstallation(db)),
  ];
}

async function verifyKeys({ read }: Database, made: ReadonlySet<string>): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredKey>(
    {
      idOf: ({ id }) => id,
      after: (id) => listKeyRows(read, id, pageSize),
      find: (id) => findKeyRow(read, id),
      faultsOf: async (key) => verifyKey(key, await listEventsOf(read, `key:${key.id}`)),
    },
    (id) => gone.delete(id),
  );
  return faults.concat(missing('Key', gone));
}

async function verifyGrants({ read }: Database, made: ReadonlySet<string>): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredGrant>(
    {
      idOf: ({ id }) => id,
      after: (id) => listGrantRows(read, id, pageSize),
      find: (id) => findGrantRow(read, id),
      faultsOf: async (grant) => verifyGrant(grant, await listEventsOf(read, `grant:${grant.id}`)),
    },
    (id) => gone.delete(id),
  );
  return faults.concat(missing('Grant', gone));
}

/** An agent is made with its first key; where a key's agent is not told any more, an unknown agent may be that one. */
const verifyAgents = (agents: readonly StoredAgent[], { agents: made, keysOfUnknown }: Made): LogFault[] => {
  const known = new Set(agents.map(({ id }) => id));
  const toCompare = agents.filter(({ id }) => keysOfUnknown === 0 || made.has(id));
  return [
    ...toCompare.flatMap((agent) => verifyAgent(agent, made.get(agent.id))),
    ...missing(
      'Agent',
      [...made.keys()].filter((id) => !known.has(id)),
    ),
  ];
};

const verifySessions = ({ read }: Database): Promise<LogFault[]> =>
  verifyRecords<StoredSession>(
    {
      idOf: ({ id }) => id,
      after: (id) => listSessionRows(read, id, pageSize),
      find: (id) => findSession(read, id),
      faultsOf: async (session) =>
        verifySession(session, await listEventsOf(read, `session:${session.id.slice(0, 12)}`)),
    },
    () => undefined,
  );

async function verifyPolicies({ read }: Database, made: ReadonlySet<string>): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredPolicy>(
    {
      idOf: ({ digest }) => digest,
      after: (digest) => listPolicyRows(read, digest, pageSize),
      find: (digest) => findPolicyRow(read, digest),
      faultsOf: async (policy) =>
        verifyPolicy(policy, await listEventsOf(read, `policy:${policy.digest.slice(0, 12)}`)),
    },
    (digest) => gone.delete(digest.slice(0, 12)),
  );
  return faults.concat(missing('Policy', gone));
}

async function verifyTheInstallation({ read }: Database): Promise<LogFault[]> {
  const rows = async () => [await getInstallation(read)].filter((row) => row !== undefined);
  let isThere = false;
  const faults = await verifyRecords<Installation>(
    {
      idOf: ({ id }) => id,
      after: async (id) => (id === '' ? await rows() : []),
      find: async () => (await rows())[0],
      faultsOf: async (stored) => verifyInstallation(stored, await listEventsOf(read, 'system')),
    },
    () => {
      isThere = true;
    },
  );
  return isThere ? faults : missing('Installation', ['gaia']);
}
