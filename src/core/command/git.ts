import { matchOption, type Options } from './match-option.ts';

/** Options before the subcommand that change which configuration, and so which programs, take part. */
const everywhere = /^(?:-c|--config-env|--exec-path|--git-dir)/;
const withValue = new Set(['-C', '--work-tree', '--namespace', '--attr-source', '--super-prefix']);

/** Subcommands that run what their words say; any other may be an alias, which is a command of somebody's choice. */
const plain = new Set(
  `add am annotate apply archive backfill bisect blame branch bugreport bundle cat-file check-attr check-ignore check-mailmap
  check-ref-format checkout checkout-index cherry cherry-pick clean clone column commit commit-graph commit-tree config count-objects
  describe diagnose diff diff-files diff-index diff-tree fast-export fast-import fetch fetch-pack fmt-merge-msg for-each-ref format-patch
  fsck gc get-tar-commit-id grep hash-object help index-pack init interpret-trailers lfs log ls-files ls-remote ls-tree mailinfo mailsplit
  maintenance merge merge-base merge-file merge-tree mktag mktree multi-pack-index mv name-rev notes pack-objects pack-refs patch-id prune
  prune-packed pull push range-diff read-tree rebase reflog refs remote repack replace request-pull rerere reset restore rev-list rev-parse
  revert rm send-pack shortlog show show-branch show-index show-ref sparse-checkout stage stash status stripspace submodule switch
  symbolic-ref tag unpack-file unpack-objects update-index update-ref update-server-info var verify-commit verify-pack verify-tag version
  whatchanged worktree write-tree`.split(/\s+/),
);

/** Configuration that names a program. */
const runningKey =
  /^(?:alias|pager|filter|merge|mergetool|difftool|diff|browser|man|credential|url|include|includeif|remote|submodule|tar|gpg|hook|guitool|uploadpack|sendemail|trailer|web|instaweb|protocol|core\.(?:pager|editor|sshcommand|fsmonitor|hookspath|gitproxy|askpass|alternaterefscommand|attributesfile|worktree)|sequence\.editor|init\.templatedir|interactive\.difffilter)(?:[.=]|$)/i;

const bySubcommand: ReadonlyMap<string, Options> = new Map<string, Options>([
  ['bisect', { words: /^run$/ }],
  ['submodule', { words: /^foreach$/ }],
  ['rebase', { long: ['exec'], short: 'x', valued: 'CsSX' }],
  ['grep', { long: ['open-files-in-pager'], short: 'O', valued: 'efABCm' }],
  ['clone', { long: ['upload-pack', 'config', 'template'], short: 'uc', valued: 'bjo' }],
  ['init', { long: ['template'] }],
  ['archive', { long: ['exec'] }],
  ['config', { long: ['edit'], short: 'e', valued: 'f', words: runningKey }],
  ...['fetch', 'fetch-pack', 'pull', 'ls-remote'].map((name): [string, Options] => [
    name,
    { long: ['upload-pack', 'exec'] },
  ]),
  ...['push', 'send-pack'].map((name): [string, Options] => [name, { long: ['receive-pack', 'exec'] }]),
]);

/** The first argument of git that may run another program: an option, a remote of the kind `ext::`, or the subcommand. */
export function gitRuns(args: readonly string[]): string | undefined {
  let at = 0;
  for (; args[at]?.startsWith('-'); at += 1) {
    const option = args[at] as string;
    if (everywhere.test(option)) return option;
    if (withValue.has(option)) at += 1;
  }
  const subcommand = args[at];
  if (subcommand === undefined) return undefined;
  if (!plain.has(subcommand)) return subcommand;
  const rest = args.slice(at + 1);
  return (
    rest.find((argument) => /^(?:--?\w[\w-]{0,40}=)?ext::/.test(argument)) ??
    matchOption(bySubcommand.get(subcommand) ?? {}, rest)
  );
}
