import { unavailable } from '../core/errors.ts';
import { changed } from './held.ts';

/** Without namespaces the commands of one user read each other's environment in /proc. */
export function refuseSecrets(env: Record<string, string>): void {
  const [name] = Object.entries(env).find(([, value]) => value.startsWith('secret:')) ?? [];
  if (name === undefined) return;
  throw unavailable(`${name} names a secret, and other commands of the same user could read it here.`, {
    reason: 'executor_unavailable',
    remedy:
      'Give Gaia a sandbox (package bubblewrap), or the right to make pid namespaces (setpriv, unshare, CAP_SYS_ADMIN).',
    facts: { name },
  });
}

/** `secret:NAME` stands for a value that only the handover has. */
export function withSecrets(
  env: Record<string, string>,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const [, secret] = /^secret:(.+)$/s.exec(value) ?? [];
      if (secret === undefined) return [name, value];
      const given = Object.hasOwn(secrets, secret) ? secrets[secret] : undefined;
      if (given === undefined) throw changed(name, `the secret ${secret} that it names is not there`);
      return [name, given];
    }),
  );
}
