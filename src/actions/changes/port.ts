import type { Where } from '../../core/change/blockers.ts';
import type { TransportMode } from '../../core/change/changeset.ts';
import type { Guarded } from '../../core/change/content/guards.ts';
import type { Allowed } from '../../core/change/content/markdown.ts';
import type { OperationName } from '../../core/change/operations.ts';
import type { CheckpointFacts, Settings } from '../../core/change/preconditions.ts';
import type { Written } from '../../core/change/states.ts';

/** Who GitHub takes Gaia for. */
export interface Account {
  id: number;
  login: string;
}

export interface RepositorySeen {
  id: number;
  fullName: string;
  defaultBranch: string;
  isArchived: boolean;
}

export interface IssueSeen {
  id: number;
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  isLocked: boolean;
  isPull: boolean;
  labels: string[];
  assignees: string[];
  author: Account | null;
  updatedAt: string;
  url: string;
}

export interface PullSeen {
  id: number;
  /** GraphQL's name of it */
  nodeId: string;
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  isDraft: boolean;
  head: { ref: string; sha: string; repo: string | null };
  base: { ref: string };
  reviewers: string[];
  author: Account | null;
  updatedAt: string;
  url: string;
}

export interface CommentSeen {
  id: number;
  issue: number;
  body: string;
  author: Account | null;
  updatedAt: string;
  url: string;
}

export interface BranchSeen {
  sha: string;
  isProtected: boolean;
}

/** What lies between a base and a head. */
export interface Comparison {
  messages: string[];
  files: string[];
  /** GitHub lists only so many; what is beyond was not looked at */
  isCut: boolean;
}

export interface StatusSeen {
  id: number;
  state: string;
  description: string | null;
  url: string;
}

export interface ProjectField {
  id: number;
  name: string;
  /** `text`, `number`, `date`, `single_select`, …, in lower case */
  type: string;
  options: { id: string; name: string }[];
}

export interface ProjectSeen {
  id: number;
  title: string;
  fields: ProjectField[];
  url: string;
}

export interface ItemSeen {
  id: number;
  /** GraphQL's name of the draft it holds */
  draftNodeId: string | null;
  isArchived: boolean;
  title: string;
  body: string;
  /** what it stands for; null for a draft */
  content: { repo: string; number: number } | null;
  author: Account | null;
  /** by the name of the field */
  values: Record<string, string | number | null>;
  updatedAt: string;
  url: string;
}

/** Something that Gaia's account has written, with the text that may carry its mark. */
export interface OwnText {
  written: Written;
  text: string;
}

/** One write, with everything in it that goes out. */
export type Write = { [Name in OperationName]: { op: Name; target: string } & WriteFields[Name] }[OperationName];

interface WriteFields {
  'pr.create': { head: string; base: string; headSha: string; title: string; body: string };
  'pr.update': { number: number; title?: string; body?: string };
  'pr.ready_for_review': { number: number; nodeId: string };
  'pr.request_reviewers': { number: number; reviewers: string[] };
  'review_comment.create': { number: number; body: string };
  'review_comment.update': { comment: number; body: string };
  'issue.create': { title: string; body: string; labels: string[] };
  'issue.update': { number: number; title?: string; body?: string };
  'issue.comment.create': { number: number; body: string };
  'issue.comment.update': { comment: number; body: string };
  'issue.label.add': { number: number; labels: string[] };
  'issue.label.remove': { number: number; labels: string[] };
  'issue.assign': { number: number; assignees: string[] };
  'issue.link': {
    relation: 'sub_issue' | 'blocked_by';
    parent: number;
    child: number;
    parentId: number;
    childId: number;
    replaceParent: boolean;
  };
  'commit_status.create': { sha: string; context: string; state: string; description?: string };
  'project.item.add': { repo: string; number: number; isPull: boolean; contentId: number };
  'project.draft_item.create': { title: string; body: string };
  'project.draft_item.update': { item: number; draftNodeId: string; title?: string; body?: string };
  'project.field.update': { item: number; fieldId: number; value: string | number };
}

/** What GitHub answered to a write, checked against what was asked for. */
export interface WriteReply {
  written: Written;
  status: number;
  requestId: string | null;
}

/**
 * The way to GitHub, or to Gaia's own world in its place. Looks may be repeated; `write` sends once. Everything the outside
 * did wrong is thrown as a `RemoteFailure`.
 */
export interface Transport {
  readonly mode: TransportMode;
  /** `github.com`, an enterprise server, or `local` */
  readonly host: string;
  me(): Promise<Account>;
  repository(repo: string): Promise<RepositorySeen>;
  issue(repo: string, number: number): Promise<IssueSeen>;
  pull(repo: string, number: number): Promise<PullSeen>;
  /** every pull request ever made from a branch to another, the newest first */
  pullsBetween(repo: string, head: string, base: string): Promise<PullSeen[]>;
  comment(repo: string, id: number): Promise<CommentSeen>;
  branch(repo: string, name: string): Promise<BranchSeen | undefined>;
  /** undefined where there is no git behind it that could tell */
  compare(repo: string, base: string, head: string): Promise<Comparison | undefined>;
  /** those of the labels that the repository does not have */
  unknownLabels(repo: string, labels: readonly string[]): Promise<string[]>;
  /** the newest of a commit and context */
  status(repo: string, sha: string, context: string): Promise<StatusSeen | undefined>;
  parentOf(repo: string, number: number): Promise<number | undefined>;
  blockersOf(repo: string, number: number): Promise<number[]>;
  project(project: string): Promise<ProjectSeen>;
  item(project: string, id: number): Promise<ItemSeen>;
  itemFor(project: string, content: { repo: string; number: number }): Promise<ItemSeen | undefined>;
  /** all that Gaia's own account has written there since an instant, every page of it */
  ownIssues(repo: string, since: number): Promise<OwnText[]>;
  ownComments(repo: string, number: number, since: number): Promise<OwnText[]>;
  ownDrafts(project: string, since: number): Promise<OwnText[]>;
  write(write: Write): Promise<WriteReply>;
  /** only where there is no git behind it: a branch is there once a run says which commit it verifies */
  push?(repo: string, branch: string, sha: string): Promise<void>;
}

/**
 * Reads texts before they go out, apart from the event loop: a text can be made so that reading it takes long. Each of them
 * throws `unavailable` (`text_unread`, `texts_busy`) where it could not be read to the end, which never counts as harmless.
 */
export interface TextReader {
  /** a title as it goes out */
  title(title: string, where: Where): Promise<Guarded>;
  /** one visible line that is no Markdown, called `what`, of at most so many characters */
  line(text: string, where: Where, what: string, most: number): Promise<Guarded>;
  /** a body or comment as it goes out */
  body(body: string, allowed: Allowed, where: Where): Promise<Guarded>;
  /** what commits say, where it would close an issue; undefined where they are too much to look through */
  closingIn(messages: readonly string[]): Promise<{ found: string | undefined } | undefined>;
  /** names of the secrets in texts, as they are written and as pages show them, as far as a scanner and this installation know them */
  secretsIn(texts: readonly string[]): Promise<string[]>;
  /** the same, by turns with other askers; what nobody is named for is read for Gaia itself, before theirs */
  for(asker: string): TextReader;
  /** what is still being read then is refused */
  close(): void;
}

/** Everything of GitHub's that actions need besides the store. */
export interface GitHubSide {
  transport: Transport;
  settings: Settings;
  /** signs Gaia's marks */
  markerSecret: string;
  /** the highest checkpoint that lies in the data directory, with its text */
  highestCheckpoint(): Promise<(NonNullable<CheckpointFacts['highest']> & { text: string }) | undefined>;
  checkpoint(number: number): Promise<(NonNullable<CheckpointFacts['highest']> & { text: string }) | undefined>;
  /** the address of a remote of a git workspace on this host; undefined where there is none */
  remoteUrl(workspace: string, remote: string): Promise<string | undefined>;
  /** SHA-256 of an ordinary file that lies in a workspace; undefined where there is none, or it is too long to be read */
  hashOf(workspace: string, path: string): Promise<string | undefined>;
  texts: TextReader;
}
