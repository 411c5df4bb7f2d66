const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Programs that run text as shell commands. */
export const shells = words(
  'sh bash rbash dash ash zsh ksh mksh pdksh oksh lksh csh tcsh fish elvish nu pwsh powershell cmd xonsh rc es yash posh osh ysh',
);

/** Programs that run text or files as code, editors with a language of their own among them. */
export const interpreters = words(
  `python pypy micropython ipython bpython ptpython jython pdb node nodejs deno bun tsx ts-node perl ruby irb pry jruby php php-cgi php-fpm
  lua luajit luatex lualatex awk gawk mawk nawk bwk original-awk goawk tclsh wish expect r rscript julia java jshell jrunscript jexec groovy scala kotlin
  clojure clj guile racket sbcl clisp ecl gst elixir erl escript iex ghci runghc runhaskell ocaml swift osascript cscript wscript mshta
  dotnet-script qjs rhino gdb gdbtui cgdb lldb octave maxima gp sqlite3 psql mysql mariadb tcc bc dc m4 gnuplot
  ed red ex vi vim rvim vimdiff rvimdiff vimtutor gvim gview vimx view rview nvim neovim vis elvis nvi emacs emacsclient nano pico micro kak hx joe`,
);

/** Programs whose arguments are another program to run, here, elsewhere, later, or as fetched from the network. */
export const wrappers = words(
  `env nice nohup timeout xargs setsid stdbuf unbuffer time busybox toybox fd fdfind parallel sem flock ionice chrt taskset strace ltrace
  perf valgrind rr uftrace heaptrack gdbserver qemu ldd watch script unshare chroot nsenter setpriv setarch linux32 linux64 capsh prlimit choom
  numactl cgexec systemd-run systemd-cat systemd-inhibit systemd-socket-activate at batch crontab entr inotifywait watchexec
  start-stop-daemon daemonize daemon runcon sg newgrp dbus-run-session dbus-launch dbus-send gdbus qdbus xvfb-run xinit startx xterm
  screen tmux ssh slogin ssh-agent gpg-agent keychain rsh mosh sshpass autossh run-parts logsave logrotate prove hyperfine
  docker docker-compose podman podman-compose nerdctl buildah ctr crictl kubectl oc lxc lxc-attach machinectl systemd-nspawn schroot
  flatpak toolbox distrobox bwrap firejail proot fakeroot fakechroot vagrant ansible ansible-playbook ansible-pull ansible-console
  npx pnpx bunx uvx pipx command rlwrap socat nc ncat netcat apply tini dumb-init catchsegv torsocks proxychains proxychains4 tsocks
  faketime eatmydata cpulimit trickle chpst envdir softlimit setlock pg_virtualenv msgexec msgfilter chronic ifne mispipe lckdo pee ld.so`,
);

/** Programs that run others with the rights of somebody else. */
export const privileged = words(
  'sudo sudo-rs sudoedit doas su pkexec run0 runas runuser gosu su-exec setuidgid s6-setuidgid please calife',
);

/** One program file with many names: what it does is told by the name it is called by. */
export const multiCall = words('busybox toybox coreutils sbase-box ubase-box');

/** The names of a multi-call program that only do what they say, and may be judged by that. */
export const plainApplets = words(
  `[ [[ ar arch ascii b2sum base32 base64 basename basenc bzcat bunzip2 bzip2 cal cat chgrp chmod chown cksum clear cmp comm cp cpio
  crc32 cut date dd df diff dir dircolors dirname dos2unix du echo egrep expand expr factor false fgrep find fmt fold free fsync getopt
  grep groups gunzip gzip head hexdump hostid hostname id install join kill killall link ln logname ls lsof lzcat lzma md5sum mkdir
  mkfifo mknod mktemp mv nl nproc nslookup numfmt od paste pathchk pgrep pidof ping pinky pr printenv printf ps ptx pwd readlink
  realpath rev rm rmdir sed seq sha1sum sha224sum sha256sum sha384sum sha3sum sha512sum shred shuf sleep sort split stat strings stty
  sum sync tac tail tar tee test touch tr traceroute true truncate tsort tty uname unexpand uniq unix2dos unlink unlzma unxz unzip
  uptime users uudecode uuencode vdir wc wget which who whoami xxd xz xzcat yes zcat`,
);

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
