import { invalid } from '../errors.ts';
import type { Isolation } from './sandbox.ts';

/** What SANDBOX may say. */
export const sandboxSettings = ['auto', 'required', 'off'] as const;
export type SandboxSetting = (typeof sandboxSettings)[number];

/** The user that EXEC_USER names; without `ids` where the system knows none of that name. */
export interface ExecUser {
  name: string;
  ids?: { uid: number; gid: number };
}

export interface Circumstances {
  /** whether commands may run at all (ALLOW_COMMAND_EXECUTION=1) */
  allow: boolean;
  /** the uid Gaia runs as */
  uid: number;
  sandbox: SandboxSetting;
  execUser?: ExecUser;
  /** whether bubblewrap works for the uid that would run commands, and what it said where it does not */
  probe: { works: boolean; said: string };
}

/**
 * How commands are kept away from Gaia's own secrets; undefined where none may run. Refuses where nothing would keep
 * them away and nobody said that this is meant: root is not held by a sandbox, and an ordinary user's files are its own.
 */
export function decideIsolation({ allow, uid, sandbox, execUser, probe }: Circumstances): Isolation | undefined {
  if (!allow) return undefined;
  if (execUser) refuseUnlessUsable(execUser, uid);
  if (sandbox === 'off') return execUser ? 'user' : 'none';
  if (uid === 0 && !execUser) {
    throw invalid('Gaia runs as root, and no sandbox holds a command that runs as root.', {
      reason: 'exec_user_missing',
      remedy: `Set EXEC_USER to an ordinary user that commands run as, or run Gaia as an ordinary user. ${lastWay}`,
    });
  }
  if (probe.works) return 'bwrap';
  if (sandbox === 'required') {
    throw invalid(`SANDBOX=required, but the sandbox does not work here: ${probe.said}.`, {
      reason: 'sandbox_missing',
      remedy: `${wayToSandbox}${execUser ? ' SANDBOX=auto makes do with EXEC_USER.' : ''}`,
    });
  }
  if (execUser) return 'user';
  throw invalid(`Nothing would keep commands away from Gaia's own secrets: ${probe.said}.`, {
    reason: 'isolation_missing',
    remedy: `${wayToSandbox} Or run Gaia as root with EXEC_USER. ${lastWay}`,
  });
}

const wayToSandbox = 'Install the package bubblewrap, and let ordinary users make user namespaces.';
const lastWay = 'SANDBOX=off runs them unsandboxed, and every card says so.';

function refuseUnlessUsable({ name, ids }: ExecUser, uid: number): void {
  if (uid !== 0) {
    throw invalid(`EXEC_USER=${name} needs a Gaia that runs as root; this one runs as uid ${uid}.`, {
      reason: 'exec_user_needs_root',
      remedy: 'Unset EXEC_USER, or start Gaia as root.',
    });
  }
  if (ids === undefined) {
    throw invalid(`EXEC_USER=${name}: this host knows no such user.`, {
      reason: 'exec_user_unknown',
      remedy: `Make it (useradd --system ${name}), or name another.`,
    });
  }
  if (ids.uid === 0 || ids.uid === uid) {
    throw invalid(`EXEC_USER=${name} is ${ids.uid === 0 ? 'root' : 'the user Gaia runs as'}, who reads all of Gaia.`, {
      reason: 'exec_user_is_own',
      remedy: 'Name an ordinary user that owns nothing of Gaia.',
    });
  }
}
