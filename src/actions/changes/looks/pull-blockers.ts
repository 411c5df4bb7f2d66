import type { Blocker } from '../../../core/approval/blocker.ts';
import { alwaysProtectedHeads, alwaysProtectedPaths, isListed } from '../../../core/change/rules.ts';
import { sameName } from '../../../core/change/target.ts';
import { matchesPath } from '../../../core/policy/glob.ts';
import type { Comparison, PullSeen } from '../port.ts';
import { repoInRemote } from '../remote-url.ts';
import { type LookContext, problem, repoOf, repoRules } from './look.ts';

/** For two branches one pull request is open at a time; one that Gaia did not just make is changed, not made once more. */
export function openBlockers(context: LookContext, between: readonly PullSeen[]): Blocker[] {
  const open = between.filter(({ state }) => state === 'open');
  const [first] = open;
  if (first === undefined) return [];
  const evidence = open.map(({ url }) => url);
  if (open.length > 1)
    return [
      problem(context, 'remote_ambiguous', `${open.length} pull requests are open for these branches.`, {
        phase: 'submit',
        evidence,
      }),
    ];
  return [
    problem(context, 'remote_mismatch', `Pull request #${first.number} is open for these branches already.`, {
      phase: 'submit',
      remedy: `Propose pr.update of #${first.number}.`,
      evidence,
    }),
  ];
}

/** Everything that must hold of the two branches of a pull request, and of what lies between them. */
export async function branchBlockers(
  context: LookContext,
  head: string,
  base: string,
): Promise<{ blockers: Blocker[]; notes: string[] }> {
  const notes: string[] = [];
  const rules = repoRules(context);
  const { transport } = context.side;
  const repo = repoOf(context);
  const blockers: Blocker[] = [];
  const say = (...args: [Parameters<typeof problem>[1], string, Parameters<typeof problem>[3]?]) =>
    blockers.push(problem(context, ...args));
  if (sameName(head, base)) say('head_equals_base', `Head and base are both ${head}.`);
  if (!isListed(base, rules.bases)) say('branch_not_allowed', `The policy does not list ${base} as a base.`);
  if (!isListed(head, rules.heads)) say('branch_not_allowed', `The policy does not list ${head} as a head.`);
  const { defaultBranch } = await transport.repository(repo);
  const there = await transport.branch(repo, head);
  if (isListed(head, [...alwaysProtectedHeads, ...rules.protectedHeads, defaultBranch]) || there?.isProtected)
    say('head_protected', `${head} is a protected branch.`);
  if ((await transport.branch(repo, base)) === undefined)
    say('branch_incomplete', `There is no branch ${base} in ${repo}.`);
  blockers.push(...(await workspaceBlockers(context, head, base)));
  const expected = context.run?.run.headSha;
  if (there === undefined) say('head_ref_missing', `There is no branch ${head} in ${repo} yet.`);
  else if (expected && there.sha !== expected)
    say(
      'head_sha_mismatch',
      `${head} stands at ${there.sha.slice(0, 12)}, and the gates are about ${expected.slice(0, 12)}.`,
      {
        evidence: [there.sha, expected],
      },
    );
  else {
    const between = await transport.compare(repo, base, there.sha); // what was judged, wherever the branch goes meanwhile
    if (between) blockers.push(...(await contentBlockers(context, between)));
    else notes.push('its commits and files were not looked at, since there is no git behind this world');
  }
  return { blockers, notes };
}

async function workspaceBlockers(context: LookContext, head: string, base: string): Promise<Blocker[]> {
  const run = context.run?.run;
  if (run === undefined) return [];
  const blockers: Blocker[] = [];
  if (run.head !== head || run.base !== base)
    blockers.push(problem(context, 'branch_incomplete', `The run ${run.id} is about ${run.head} → ${run.base}.`));
  const url = await context.side.remoteUrl(run.workspace, run.remote);
  const names = url === undefined ? undefined : repoInRemote(url);
  const isSame =
    names !== undefined &&
    sameName(names.repo, repoOf(context)) &&
    (context.side.transport.mode === 'local_fake' ||
      sameName(names.host, context.side.transport.host.replace(/:\d+$/, '')));
  if (!isSame)
    blockers.push(
      problem(
        context,
        'local_remote_mismatch',
        `The remote ${run.remote} of ${run.workspace} is ${names === undefined ? 'none that Gaia can read' : `${names.host}/${names.repo}`}.`,
        {
          evidence: [run.workspace],
        },
      ),
    );
  return blockers;
}

/** Commit messages close issues, and files decide what runs: both come with a pull request. */
async function contentBlockers(context: LookContext, { messages, files, isCut }: Comparison): Promise<Blocker[]> {
  const blockers: Blocker[] = [];
  const closing = await context.side.texts.closingIn(messages);
  if (closing === undefined)
    blockers.push(problem(context, 'payload_too_large', 'Its commit messages are too long or too deep to be checked.'));
  else if (closing.found !== undefined)
    blockers.push(
      problem(context, 'closing_keyword', `A commit message holds “${closing.found}”, which closes an issue.`),
    );
  const globs = [...alwaysProtectedPaths, ...repoRules(context).protectedPaths];
  const touched = files.filter((file) =>
    globs.some((glob) => matchesPath(glob, file) || matchesPath(glob, `/${file}`)),
  );
  if (touched.length > 0)
    blockers.push(
      problem(context, 'operation_forbidden', `It touches protected files: ${touched.slice(0, 5).join(', ')}.`, {
        evidence: touched.slice(0, 20),
      }),
    );
  if (isCut)
    blockers.push(
      problem(
        context,
        'payload_too_large',
        'It changes more files or commits than GitHub lists, so they cannot be checked.',
      ),
    );
  return blockers;
}

/** The same, and of what lies in it: commits may have come since it was made. */
export async function handoverBlockers(context: LookContext, pull: PullSeen): Promise<Blocker[]> {
  const blockers = pullBlockers(context, pull);
  if (pull.state === 'closed' || pull.head.repo === null || !sameName(pull.head.repo, repoOf(context))) return blockers;
  const between = await context.side.transport.compare(repoOf(context), pull.base.ref, pull.head.sha);
  return between === undefined ? blockers : [...blockers, ...(await contentBlockers(context, between))];
}

/** What must hold of a pull request before anything about it is written. */
export function pullBlockers(context: LookContext, pull: PullSeen): Blocker[] {
  const run = context.run?.run;
  const blockers: Blocker[] = [];
  if (pull.state === 'closed')
    blockers.push(
      problem(context, 'remote_changed', `Pull request #${pull.number} is closed; Gaia does not reopen it.`),
    );
  if (pull.head.repo === null || !sameName(pull.head.repo, repoOf(context)))
    blockers.push(problem(context, 'remote_mismatch', `Pull request #${pull.number} comes from another repository.`));
  if (run && (pull.head.ref !== run.head || pull.base.ref !== run.base))
    blockers.push(
      problem(
        context,
        'branch_incomplete',
        `The run ${run.id} is about ${run.head} → ${run.base}, not ${pull.head.ref} → ${pull.base.ref}.`,
      ),
    );
  if (run?.headSha && pull.head.sha !== run.headSha)
    blockers.push(
      problem(
        context,
        'head_sha_mismatch',
        `#${pull.number} stands at ${pull.head.sha.slice(0, 12)}, and the gates are about ${run.headSha.slice(0, 12)}.`,
      ),
    );
  return blockers;
}
