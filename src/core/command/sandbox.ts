/** How a command that Gaia starts is kept away from Gaia's own secrets. */
export const isolations = ['bwrap', 'user', 'none'] as const;
/** `bwrap`: namespaces of its own, Gaia's places masked. `user`: another uid, no sandbox. `none`: `SANDBOX=off` was said. */
export type Isolation = (typeof isolations)[number];

/** What a command runs in. Part of its effect: people approve it with the command. */
export interface Sandbox {
  isolation: Isolation;
  /** name of the profile in the policy; `default` where no rule names another */
  profile: string;
  /** the user it runs as, where that is not Gaia's own */
  user?: string;
  /** whether it reaches the network (without a sandbox it always does) */
  network: boolean;
  /** absolute directories it may write, its working directory as `.` */
  writable: string[];
  /** absolute paths below home directories that it may read */
  path: string[];
  /** an absolute directory kept between runs as its home; absent: an empty one each time */
  home?: string;
  /** environment names and values it gets before those of the request */
  env: Record<string, string>;
}

/** What the policy says of a profile; what is absent is as built in. */
export interface SandboxProfile {
  network?: boolean;
  writable?: string[];
  path?: string[];
  home?: string;
  env?: Record<string, string>;
}

/** What every command gets before its profile and its request say more. */
export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** The sandbox of a command under a policy, as it will be shown and run. Without bwrap only user, home and environment hold. */
export function sandboxFor(
  exec: { base: SandboxProfile; profiles: { [name: string]: SandboxProfile } },
  profile: string,
  { isolation, user }: { isolation: Isolation; user?: string },
): Sandbox {
  const { network = false, writable = ['.'], path = [], home, env = {} } = exec.profiles[profile] ?? exec.base;
  return {
    isolation,
    profile: exec.profiles[profile] === undefined ? 'default' : profile,
    ...(user === undefined ? {} : { user }),
    network: network || isolation !== 'bwrap',
    writable: [...writable],
    path: [...path],
    ...(home === undefined ? {} : { home }),
    env: { ...env },
  };
}
