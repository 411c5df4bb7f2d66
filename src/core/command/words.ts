const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Programs that run text as shell commands. */
export const shells = words(
  'sh bash rbash dash ash zsh ksh mksh pdksh oksh lksh csh tcsh fish elvish nu pwsh powershell cmd xonsh rc es yash posh osh ysh',
);

/** Programs that run text or files as code, editors with a language of their own among them. */
export const interpreters = words(
  `python pypy micropython ipython jython node nodejs deno bun tsx ts-node perl ruby irb jruby php lua luajit awk gawk mawk nawk
  tclsh wish expect r rscript julia java jshell groovy scala kotlin clojure clj guile racket sbcl clisp ecl gst elixir erl escript iex
  ghci runghc runhaskell ocaml swift osascript cscript wscript mshta dotnet-script qjs rhino gdb lldb octave sqlite3 psql mysql mariadb
  ed ex vi vim view nvim emacs emacsclient sed m4 bc dc gnuplot`,
);

/** Programs whose arguments are another program to run, here, elsewhere, later, or as fetched from the network. */
export const wrappers = words(
  `env nice nohup timeout xargs setsid stdbuf unbuffer time busybox toybox find fd fdfind parallel sem flock ionice chrt taskset strace ltrace
  perf valgrind rr watch script unshare chroot nsenter setpriv setarch linux32 linux64 capsh prlimit choom numactl cgexec systemd-run at batch
  crontab entr inotifywait watchexec start-stop-daemon daemonize runcon sg newgrp dbus-run-session dbus-launch xvfb-run screen tmux ssh slogin
  rsh mosh sshpass autossh docker podman nerdctl buildah ctr crictl kubectl oc lxc lxc-attach machinectl systemd-nspawn bwrap firejail proot
  fakeroot fakechroot vagrant ansible ansible-playbook npx pnpx bunx uvx pipx command rlwrap socat nc ncat netcat apply tini dumb-init
  catchsegv torsocks proxychains proxychains4 tsocks faketime eatmydata cpulimit trickle chpst envdir softlimit pee ld.so`,
);

/** Programs that run others with the rights of somebody else. */
export const privileged = words(
  'sudo sudo-rs sudoedit doas su pkexec run0 runas runuser gosu su-exec setuidgid s6-setuidgid please calife',
);

/** One program file with many names: what it does is told by the name it is called by. */
export const multiCall = words('busybox toybox coreutils sbase-box ubase-box');

/**
 * The plain name of a program: no directories, no `.exe`, no version, lower case.
 * `/usr/bin/Python3.11` is `python`, `-bash` (a login shell) is `bash`.
 */
export function programName(path: string): string {
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const name = last
    .toLowerCase()
    .replace(/\.(?:exe|com|bat|cmd)$/, '')
    .replace(/^-/, '');
  if (/^ld(?:64)?(?:-linux|-musl|\.so)/.test(name)) return 'ld.so';
  if (isKnown(name)) return name;
  const unversioned = name.replace(/-(?:dbg|static)$/, '').replace(/-?\d[\d.]{0,20}[a-z]{0,2}$/, '');
  return isKnown(unversioned) ? unversioned : name;
}

const isKnown = (name: string): boolean =>
  [shells, interpreters, wrappers, privileged, commandOptions].some((list) => list.has(name));

/** Whether an environment name changes which code programs load or run. */
export const isLoaderName = (name: string): boolean => loaderName.test(name);

const loaderName = new RegExp(
  `^(?:${[
    'LD_.*|DYLD_.*|GCONV_PATH|LOCPATH|GLIBC_TUNABLES|MALLOC_.*|NODE_(?!ENV$).*|NPM_CONFIG_.*|DENO_.*|BUN_.*|TSX_.*',
    'BASH_ENV|BASH_FUNC_.*|BASHOPTS|SHELLOPTS|ENV|IFS|CDPATH|PS4|PROMPT_COMMAND|ZDOTDIR|KSH_ENV|FPATH|SHELL|COMSPEC|PATHEXT',
    'PYTHON.*|PERL5.*|PERLLIB|PERL_.*|RUBY.*|GEM_.*|BUNDLE_.*|PHPRC|PHP_INI_SCAN_DIR|LUA_.*|TCLLIBPATH|R_.*|JULIA_.*|ERL_.*',
    'JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|JAVA_OPTS|CLASSPATH|MAVEN_OPTS|GRADLE_OPTS|DOTNET_STARTUP_HOOKS|CORECLR_.*|COR_.*',
    'GIT_SSH.*|GIT_EXTERNAL_DIFF|GIT_EXEC_PATH|GIT_CONFIG.*|GIT_ASKPASS|GIT_EDITOR|GIT_SEQUENCE_EDITOR|GIT_PAGER|GIT_PROXY_COMMAND|GIT_TEMPLATE_DIR|GIT_DIR|GIT_WORK_TREE',
    'SSH_ASKPASS|SUDO_ASKPASS|RSYNC_RSH|CVS_RSH|SVN_SSH|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|EDITOR|VISUAL|BROWSER|MANOPT',
    'PATH|MAKEFLAGS|MAKEFILES|GNUMAKEFLAGS|CC|CXX|LDFLAGS|CFLAGS|RUSTC_WRAPPER|RUSTC|CARGO_.*|GOFLAGS|CGO_.*|TAR_OPTIONS|TAPE|RSH|GTK_MODULES|GIO_MODULE_DIR|QT_PLUGIN_PATH|OPENSSL_.*|VIMINIT|EXINIT|INPUTRC',
  ].join('|')})$`,
  'i',
);

/** Options of everyday programs that name another program to run, by how they begin (GNU options may be abbreviated). */
export const commandOptions: ReadonlyMap<string, RegExp> = new Map([
  ['git', /^(?:-c|--config-env|--exec-path|--upload-pack|--receive-pack|--exec|-u\S|ext::)/],
  ['tar', /^(?:--to-c|--checkpoint-a|--use-c|--rsh|--rmt|--info-s|--new-vol|-I|-F)/],
  ['bsdtar', /^--use-c/],
  ['rsync', /^(?:-[a-zA-Z]*e|--rsh|--rsync-p)/],
  ['scp', /^-[a-zA-Z0-9]*[SoD]/],
  ['sftp', /^-[a-zA-Z0-9]*[SoD]/],
  ['zip', /^(?:-TT|--unzip-c)/],
  ['sort', /^--comp/],
  ['make', /^(?:--eval|-E|SHELL[:?]?=)/],
  ['man', /^(?:-P|--pager|-H|--html)/],
  ['less', /^(?:\+|--lesskey)/],
  ['curl', /^(?:-K|--config)/],
  ['wget', /^(?:--use-askpass|--config|-e|--execute)/],
  ['cargo', /^--config/],
  ['go', /^(?:-exec|-toolexec|run$|generate$)/],
  ['npm', /^(?:exec|x|explore|--script-shell|--shell)/],
  ['pnpm', /^(?:exec|dlx)/],
  ['yarn', /^(?:exec|dlx)/],
  ['gcc', /^(?:-wrapper|-fplugin|-specs|-B)/],
]);
