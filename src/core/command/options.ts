import { gitRuns } from './git.ts';
import { matchOption, type Options } from './match-option.ts';
import { sedRuns } from './sed.ts';

/** Options by table, or a program read with more care: it gives the first argument that may run something. */
type Runs = Options | ((args: readonly string[]) => string | undefined);

const compiler: Options = {
  words:
    /^(?:--?wrapper|--?specs|-B|@|--?fplugin|-fuse-ld|--?ld-path|--?config|-Xclang|--?load|-Wl,.{0,200}plugin|--?plugin)/,
};
const apt: Options = { long: ['option', 'config-file', 'compile'], short: 'oc', valued: 't', words: /^edit-sources$/ };
const copyOverSsh: Options = { short: 'SoDFJ', valued: 'cilPXbBR' };
const tex: Options = { words: /^--?(?:shell-escape|enable-write18)/ };

/** Everyday programs with options that name another program to run, or have one run; after their manuals. */
export const runsByOption: ReadonlyMap<string, Runs> = new Map<string, Runs>([
  ['git', gitRuns],
  ['sed', sedRuns],
  ['gsed', sedRuns],
  ['find', { words: /^-(?:exec|execdir|ok|okdir|fprintf|fprint|fprint0|fls)$/ }],
  ...each(['tar', 'gtar', 'bsdtar'], {
    long: [
      ...['to-command', 'checkpoint-action', 'use-compress-program', 'rsh-command', 'rmt-command'],
      ...['info-script', 'new-volume-script', 'files-from'],
    ],
    harmless: ['checkpoint', 'file'],
    short: 'IFT',
    valued: 'bCfgHKLNVX',
    bundled: true,
  }),
  ['cpio', { long: ['rsh-command', 'rmt-command'] }],
  ['rsync', { long: ['rsh', 'rsync-path'], short: 'e', valued: 'BTf' }],
  ['scp', copyOverSsh],
  ['sftp', copyOverSsh],
  ['zip', { long: ['unzip-command'], words: /^-TT/ }],
  ['sort', { long: ['compress-program'] }],
  ['split', { long: ['filter'] }],
  ['install', { long: ['strip-program'] }],
  ...each(['diff3', 'sdiff'], { long: ['diff-program'] }),
  ['patch', { long: ['ed'], short: 'e', valued: 'BDdFgioprVYz' }],
  ...each(['make', 'gmake', 'bmake'], {
    long: ['eval', 'file', 'makefile'],
    short: 'fE',
    valued: 'CIoW',
    words:
      /^(?:\.?SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKEFILES|GNUMAKEFLAGS|MAKE|CC|CXX|CPP|LD|AR|AS|PATH|LD_PRELOAD)\s{0,20}[:?+]{0,3}=|!=|\$[({]/,
  }),
  ['cmake', { words: /^(?:-P|-E$|-C|-DCMAKE_\w{1,40}_(?:LAUNCHER|COMPILER)\b)/ }],
  ['man', { long: ['pager', 'html', 'config-file'], short: 'PHC', valued: 'ReLmMSsEprTXZ' }],
  ['less', { words: /^(?:\+|--lesskey)/ }],
  ['curl', { long: ['config'], short: 'K', valued: 'AbcCdDeEFHhmoPQrTuUtwxXyYz' }],
  ['wget', { long: ['use-askpass', 'config', 'execute'], short: 'e', valued: 'aABDiIloOPQRtTUwX' }],
  ['aria2c', { words: /^--(?:on-|conf)/ }],
  ['yt-dlp', { long: ['exec', 'exec-before-download', 'config-locations', 'downloader', 'external-downloader'] }],
  ...each(['apt', 'apt-get', 'apt-cache', 'apt-mark', 'apt-config', 'aptitude'], apt),
  ['dpkg', { long: ['pre-invoke', 'post-invoke', 'status-logger'] }],
  ['rpm', { long: ['pipe', 'eval', 'define', 'rcfile', 'macros', 'load'], short: 'ED' }],
  ['cargo', { long: ['config'] }],
  ['go', { words: /^(?:--?(?:exec|toolexec|vettool)(?:=.*)?|run|generate|tool)$/s }],
  [
    'npm',
    { long: ['script-shell', 'shell', 'viewer', 'editor'], words: /^(?:exec|x|explore|edit|init|create|innit)$/ },
  ],
  ['pnpm', { long: ['script-shell', 'shell-mode'], words: /^(?:exec|dlx|create)$/ }],
  ['yarn', { long: ['script-shell'], words: /^(?:exec|dlx|create|node)$/ }],
  ...each(
    [
      'gcc',
      'g++',
      'cc',
      'c++',
      'cpp',
      'c89',
      'c89-gcc',
      'c99',
      'c99-gcc',
      'clang',
      'clang++',
      'gfortran',
      'gdc',
      'gnat',
      'gccgo',
      'icc',
    ],
    compiler,
  ),
  ['ld', { words: /^(?:@|--?plugin)/ }],
  ...each(['tex', 'latex', 'pdftex', 'pdflatex', 'xetex', 'xelatex'], tex),
  ['gs', { words: /^--?d(?:NOSAFER|DELAYSAFER)/ }],
  ['helm', { long: ['post-renderer'], words: /^plugin$/ }],
  ['ip', { words: /^(?:ex?e?c?|--?b(?:a(?:t(?:ch?)?)?)?)$/ }], // netns exec, vrf exec, -batch: it abbreviates everything
  [
    'systemctl',
    { long: ['host'], short: 'H', valued: 'tpMnos', words: /^(?:edit|link|set-environment|import-environment)$/ },
  ],
  ['busctl', { long: ['host'], short: 'H', valued: 'M', words: /^(?:call|set-property|emit)$/ }],
  ['tcpdump', { short: 'z', valued: 'BcCDEFGijmMrsTVwWy' }],
  ['svn', { long: ['config-option', 'config-dir', 'diff-cmd', 'diff3-cmd', 'editor-cmd'] }],
  ['hg', { long: ['config', 'ssh', 'remotecmd', 'tool'], short: 'et' }],
]);

function each(names: readonly string[], options: Options): [string, Options][] {
  return names.map((name) => [name, options]);
}

/** The first of a program's arguments that may make it run another program. `name`: plain, as of `programName`. */
export function runningOption(name: string, args: readonly string[]): string | undefined {
  if (name.startsWith('git-')) return gitRuns([name.slice('git-'.length), ...args]); // /usr/lib/git-core/git-fetch
  const runs = runsByOption.get(name);
  if (runs === undefined) return undefined;
  return typeof runs === 'function' ? runs(args) : matchOption(runs, args);
}
