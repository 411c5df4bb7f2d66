/**
 * Ways out of a sandbox, for a test and a proof. Each is a piece of sh that gets these variables:
 * `DATA` Gaia's data directory with `admin.key`, `ENVFILE` its env file, `GAIA` the number of a process that stands for
 * Gaia and has a secret in its environment, `NAMED` a file with a secret that the policy names, `OWNHOME` the home of the
 * user that runs Gaia with `.ssh/id` in it, `PROGRAM` where Gaia's program lies, `OUTSIDE` a directory beside the working directory with `secret`, `SOCKET` a
 * socket there, `ABSTRACT` a socket without a path, `PORT` a port of 127.0.0.1. Secrets hold the word PLANTED.
 */
export interface Escape {
  name: string;
  /** prints PLANTED (a secret) or ESCAPED where it worked; or makes `$OUTSIDE/it` or the file `leaves` names */
  script: string;
  /** a file on the host that is there only if it worked */
  leaves?: string;
  /** what holds it back: another uid alone, or namespaces too */
  heldBy: 'user' | 'namespaces';
}

const way = (name: string, script: string, more: Partial<Escape> = {}): Escape => ({
  name,
  script,
  heldBy: 'user',
  ...more,
});
const boxed = (name: string, script: string, more: Partial<Escape> = {}): Escape =>
  way(name, script, { heldBy: 'namespaces', ...more });

const key = '"$DATA/admin.key"';

export const escapes: readonly Escape[] = [
  way('reads the admin key', `cat ${key}`),
  way('lists the data directory', 'ls -a "$DATA" | grep -q admin.key && echo ESCAPED'),
  way('reads it by way of ..', 'cat "$DATA/../$(basename "$DATA")/admin.key"'),
  way('reads it from the working directory upwards', 'cat "../$(basename "$DATA")/admin.key"'),
  way('reads it by its own root', `cat /proc/self/root${key}`),
  way("reads it by the first process's root", `cat /proc/1/root${key}`),
  way("reads it by its parent's root", `cat /proc/$PPID/root${key}`),
  way("reads it by Gaia's root", `cat /proc/$GAIA/root${key}`),
  way("reads it by Gaia's directory", 'cat "/proc/$GAIA/cwd/admin.key"'),
  way('plants a link to it', `ln -s ${key} link && cat link`),
  way('plants a link to its directory', 'ln -s "$DATA" place && cat place/admin.key'),
  way('plants a hard link to it', `ln ${key} twin && cat twin`),
  way('opens the directory', `chmod 777 "$DATA" && cat ${key}`),
  way('takes the directory over', `chown "$(id -u)" "$DATA" && cat ${key}`),
  way('moves the mask away', 'mv "$DATA" "$DATA.away" && cat "$DATA.away/admin.key"'),
  way('removes the mask', `rmdir "$DATA" && cat ${key}`),
  way('unmounts the mask', `umount "$DATA" && cat ${key}`),
  way('unmounts it lazily', `umount -l "$DATA" && cat ${key}`),
  way('unmounts it as root of a namespace of its own', `unshare -Urm sh -c 'umount -l "$DATA"; cat ${key}'`),
  way('mounts the host again in a namespace of its own', `unshare -Urm sh -c 'mount --rbind / mnt && cat mnt${key}'`),
  way('mounts without the masks', `mkdir -p m && unshare -Urm sh -c 'mount --bind / m && cat m${key}'`),
  way('makes a sandbox of its own', `bwrap --bind / / --dev-bind /dev /dev cat ${key}`),
  way('makes one as root', `bwrap --unshare-user --uid 0 --bind / / cat ${key}`),
  way("enters the first process's mounts", `nsenter -t 1 -m cat ${key}`),
  way("enters Gaia's mounts", `nsenter -t "$GAIA" -m cat ${key}`),
  way("changes its root to the first process's", `chroot /proc/1/root cat ${key}`),
  way('reads what is held for other executions', 'ls "$DATA/executions" | grep -q . && echo ESCAPED'),
  way("reads Gaia's environment", 'tr "\\0" "\\n" < "/proc/$GAIA/environ"'),
  way("reads everyone's environment", 'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -a PLANTED-ENV'),
  way("opens Gaia's memory", 'exec 5<"/proc/$GAIA/mem" && echo ESCAPED'),
  way("looks at Gaia's descriptors", 'ls "/proc/$GAIA/fd/" | grep -q . && echo ESCAPED'),
  way('traces Gaia', "perl -e 'print qq(ESCAPED\\n) if syscall(101, 0x4206, $ENV{GAIA}+0, 0, 0) == 0'"),
  way(
    "reads Gaia's memory at once",
    "perl -e 'my $b=q(x)x8; my $i=pack(q(QQ),0x400000,8); my $l=pack(q(PQ),$b,8); print qq(ESCAPED\\n) if syscall(310,$ENV{GAIA}+0,$l,1,$i,1,0)>=0'",
  ),
  way('signals Gaia', 'kill -0 "$GAIA" && echo ESCAPED'),
  way("changes Gaia's limits", 'prlimit --pid "$GAIA" --core=0 && echo ESCAPED'),
  way("changes Gaia's turn", 'renice -n 0 -p "$GAIA" && echo ESCAPED'),
  way('reads the env file', 'cat "$ENVFILE"'),
  way('reads a secret that the policy names', 'cat "$NAMED"'),
  way("reads a key in the home of Gaia's user", 'cat "$OWNHOME/.ssh/id"'),
  way("plants a key in the home of Gaia's user", 'echo x >> "$OWNHOME/.ssh/authorized_keys" && echo ESCAPED'),
  way("rewrites Gaia's program", 'd="$PROGRAM/dist"; echo x > "$d/it" && rm "$d/it" && echo ESCAPED'),
  way(
    "puts another in the place of Gaia's program",
    'mv "$PROGRAM/dist" "$PROGRAM/d" && mv "$PROGRAM/d" "$PROGRAM/dist" && echo ESCAPED',
  ),
  way('rewrites what is held for others', 'for d in /tmp/gaia-run-*/held; do [ -w "$d" ] && echo ESCAPED; done'),
  way('looks at the descriptors of its own init', '[ "$GAIA_EXECUTION" ] || ! ls /proc/1/fd/ || echo ESCAPED'),
  way('copies the env file', 'cp "$ENVFILE" copy && cat copy'),
  way('writes to the env file', 'echo x >> "$ENVFILE" && [ -s "$ENVFILE" ] && echo ESCAPED'),
  way('puts another in its place', 'echo x > mine && mv mine "$ENVFILE" && echo ESCAPED'),
  way('reads a secret outside', 'cat "$OUTSIDE/secret"'),
  way('writes outside', 'echo x > "$OUTSIDE/it"', { leaves: 'it' }),
  way('writes outside by way of ..', 'echo x > "../$(basename "$OUTSIDE")/up"', { leaves: 'up' }),
  way('writes outside by a link', 'ln -s "$OUTSIDE" out && echo x > out/linked', { leaves: 'linked' }),
  way('writes outside after a remount', 'mount -o remount,rw,bind "$OUTSIDE"; echo x > "$OUTSIDE/again"', {
    leaves: 'again',
  }),
  way('writes outside as root of a namespace', `unshare -Urm sh -c 'mount -o remount,rw /; echo x > "$OUTSIDE/root"'`, {
    leaves: 'root',
  }),
  way('writes outside after its end', `(setsid sh -c 'sleep 0.2; echo x > "$OUTSIDE/late"' &) ; true`, {
    leaves: 'late',
  }),
  way('writes below /etc', 'echo x > /etc/gaia-escape', { leaves: '/etc/gaia-escape' }),
  way('plants a cron table', 'mkdir -p /var/spool/cron && echo x > /var/spool/cron/gaia-escape', {
    leaves: '/var/spool/cron/gaia-escape',
  }),
  way('reads the password hashes', 'grep -q . /etc/shadow && echo ESCAPED'),
  way('has capabilities', 'grep -q "^CapEff:.*[1-9a-f]" /proc/self/status && echo ESCAPED'),
  way('may gain privileges by setuid programs', 'grep -q "^NoNewPrivs:.*0" /proc/self/status && echo ESCAPED'),
  way('becomes root', '[ "$(perl -e \'$>=0; $<=0; print $>\')" = 0 ] && echo ESCAPED'),
  way("sets the kernel's values", 'f=/proc/sys/kernel/panic_on_oops; v=$(cat $f); echo "$v" > $f && echo ESCAPED'),
  way('opens the emergency keys of the kernel', 'exec 5>/proc/sysrq-trigger && echo ESCAPED'),
  way('writes to the devices of the host', 'exec 5>/sys/power/state && echo ESCAPED'),
  way('reads memory of the machine', 'exec 5</dev/mem && echo ESCAPED'),
  way('makes a device', 'mknod disk b 7 0 && echo ESCAPED'),
  way('names the host anew', 'hostname "$(hostname)" && echo ESCAPED'),
  way(
    'types on the terminal',
    "perl -e 'open(my $t,q(+<),q(/dev/tty)) or exit; my $c=q(x); print qq(ESCAPED\\n) if ioctl($t,0x5412,$c)'",
  ),
  way('has a directory in hand', 'for f in /proc/self/fd/*; do [ -d "$f" ] && echo ESCAPED; done'),
  way('walks out of a directory in hand', 'for n in 3 4 5 6 7 8 9; do cat "/proc/self/fd/$n/../home/admin.key"; done'),
  way('answers in place of its start', '(echo ready >&3) && echo ESCAPED'),
  way(
    'writes to the copies that are held',
    'chmod -R u+w /run/gaia/held && echo x > /run/gaia/held/it && echo ESCAPED',
  ),
  boxed("lists the home of Gaia's user", 'ls -A "$OWNHOME" | grep -q . && echo ESCAPED'),
  boxed("sees Gaia's process", '[ -e "/proc/$GAIA/cmdline" ] && echo ESCAPED'),
  boxed(
    'finds anything beside the working directory',
    '[ -e "$OUTSIDE" ] && ls "$OUTSIDE" | grep -q . && echo ESCAPED',
  ),
  boxed(
    'calls a port of the host',
    "perl -MIO::Socket::INET -e 'print qq(ESCAPED\\n) if IO::Socket::INET->new(PeerAddr=>qq(127.0.0.1:$ENV{PORT}),Timeout=>2)'",
  ),
  boxed(
    'calls a socket by its path',
    "perl -MIO::Socket::UNIX -e 'print qq(ESCAPED\\n) if IO::Socket::UNIX->new(Peer=>$ENV{SOCKET})'",
  ),
  boxed(
    'calls a socket without a path',
    "perl -MSocket -e 'socket(my $s,AF_UNIX,SOCK_STREAM,0); print qq(ESCAPED\\n) if connect($s,pack(q(Sa*),1,qq(\\0$ENV{ABSTRACT})))'",
  ),
  boxed(
    'reaches another machine',
    "perl -MSocket -e 'socket(my $s,AF_INET,SOCK_DGRAM,0); print qq(ESCAPED\\n) if connect($s,sockaddr_in(9,inet_aton(q(192.0.2.1))))'",
  ),
  boxed('leaves a file in /tmp', 'echo x > "/tmp/gaia-escape-$PORT"', { leaves: '/tmp/gaia-escape-' }),
  boxed('leaves a file in shared memory', 'echo x > "/dev/shm/gaia-escape-$PORT"', { leaves: '/dev/shm/gaia-escape-' }),
];

const begins = '=== ';

/** All of them in one run, each with two seconds. */
export const escapeScript = (some: readonly Escape[] = escapes): string =>
  some
    .map(
      ({ script }, at) =>
        `echo '${begins}${at}'; timeout -k 1 2 sh -c '${script.replaceAll("'", `'\\''`)}' 2>&1 </dev/null`,
    )
    .join('\n');

/** The names of those whose part of the output says that they worked. */
export function escaped(output: string, some: readonly Escape[] = escapes): string[] {
  const parts = output.split(begins).slice(1);
  if (parts.length !== some.length)
    throw new Error(`${parts.length} of ${some.length} ways were tried: ${output.slice(-2_000)}`);
  return parts
    .filter((part) => /PLANTED|ESCAPED/.test(part))
    .map((part) => some[Number.parseInt(part, 10)]?.name ?? part);
}
