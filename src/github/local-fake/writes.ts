import type { Write } from '../../actions/changes/port.ts';
import type { Written } from '../../core/change/states.ts';
import { urlOf, writtenComment, writtenIssue, writtenItem } from './answers.ts';
import {
  commentIn,
  fieldsOfProjects,
  has,
  type Issue,
  type Item,
  issueIn,
  itemIn,
  projectIn,
  pullIn,
  type Repo,
  refusal,
  repoIn,
  type World,
} from './world.ts';

/** Characters of a text, as GitHub limits them. */
const longestBody = 65_536;

/** Changes the world as a write says, and answers with what it made. Refuses what GitHub would refuse. */
export function carryOut(world: World, write: Write, at: string): Written {
  if (write.op.startsWith('project.')) return inProject(world, write, at);
  const repo = repoIn(world, write.target);
  const text = 'body' in write ? (write.body ?? '') : '';
  if (text.length > longestBody) throw refusal('remote_validation_failed', 422, 'The body is too long.');
  switch (write.op) {
    case 'issue.create':
      return writtenIssue(
        write.target,
        added(world, repo, { title: write.title, body: write.body, labels: [...write.labels], updatedAt: at }),
      );
    case 'pr.create': {
      if (repo.branches[write.head] === undefined)
        throw refusal('remote_validation_failed', 422, `There is no branch ${write.head}.`);
      if (
        repo.issues.some(({ pull, state }) => state === 'open' && pull?.head === write.head && pull.base === write.base)
      )
        throw refusal('remote_validation_failed', 422, 'A pull request for these branches is open already.');
      const pull = {
        head: write.head,
        base: write.base,
        headSha: repo.branches[write.head] as string,
        isDraft: true,
        reviewers: [],
      };
      return writtenIssue(
        write.target,
        added(world, repo, { title: write.title, body: write.body, labels: [], updatedAt: at, pull }),
      );
    }
    case 'issue.update':
    case 'pr.update': {
      const issue = issueIn(repo, write.number);
      issue.title = write.title ?? issue.title;
      issue.body = write.body ?? issue.body;
      return touched(write.target, issue, at);
    }
    case 'pr.ready_for_review': {
      const issue = pullIn(repo, write.number);
      issue.pull.isDraft = false;
      return touched(write.target, issue, at);
    }
    case 'pr.request_reviewers': {
      const issue = pullIn(repo, write.number);
      issue.pull.reviewers = union(issue.pull.reviewers, write.reviewers);
      return touched(write.target, issue, at);
    }
    case 'issue.label.add':
    case 'issue.label.remove': {
      const issue = issueIn(repo, write.number);
      issue.labels =
        write.op === 'issue.label.add'
          ? union(issue.labels, write.labels)
          : issue.labels.filter((label) => !has(write.labels, label));
      return touched(write.target, issue, at);
    }
    case 'issue.assign': {
      const issue = issueIn(repo, write.number);
      issue.assignees = union(issue.assignees, write.assignees);
      return touched(write.target, issue, at);
    }
    case 'issue.comment.create':
    case 'review_comment.create': {
      issueIn(repo, write.number);
      const comment = { id: world.nextId++, issue: write.number, body: write.body, updatedAt: at };
      repo.comments.push(comment);
      return writtenComment(write.target, comment);
    }
    case 'issue.comment.update':
    case 'review_comment.update': {
      const comment = commentIn(repo, write.comment);
      comment.body = write.body;
      comment.updatedAt = at;
      return writtenComment(write.target, comment);
    }
    case 'issue.link': {
      const child = issueIn(repo, write.child);
      issueIn(repo, write.parent);
      if (write.relation === 'blocked_by') child.blockedBy = [...new Set([...child.blockedBy, write.parent])];
      else if (child.parent !== null && child.parent !== write.parent && !write.replaceParent)
        throw refusal('remote_validation_failed', 422, 'It has a parent already.');
      else child.parent = write.parent;
      return touched(write.target, child, at);
    }
    case 'commit_status.create': {
      const status = {
        id: world.nextId++,
        sha: write.sha,
        context: write.context,
        state: write.state,
        description: write.description ?? null,
      };
      repo.statuses.push(status);
      return { id: status.id, number: null, url: urlOf(write.target, `commit/${write.sha}`) };
    }
    default:
      throw refusal('route_unmapped', null, `${write.op} is not mapped.`);
  }
}

function inProject(world: World, write: Write, at: string): Written {
  const project = projectIn(world, write.target);
  const values = Object.fromEntries(fieldsOfProjects.map(({ name }) => [name, null]));
  switch (write.op) {
    case 'project.item.add':
    case 'project.draft_item.create': {
      const isDraft = write.op === 'project.draft_item.create';
      const content = isDraft ? null : { repo: write.repo, number: write.number };
      const item: Item = {
        id: world.nextId++,
        title: isDraft ? write.title : issueIn(repoIn(world, write.repo), write.number).title,
        body: isDraft ? write.body : '',
        content,
        values,
        updatedAt: at,
      };
      project.items.push(item);
      return writtenItem(write.target, item);
    }
    case 'project.draft_item.update': {
      const item = itemIn(world, write.target, write.item);
      item.title = write.title ?? item.title;
      item.body = write.body ?? item.body;
      item.updatedAt = at;
      return writtenItem(write.target, item);
    }
    case 'project.field.update': {
      const item = itemIn(world, write.target, write.item);
      const field = fieldsOfProjects.find(({ id }) => id === write.fieldId);
      if (field === undefined) throw refusal('remote_validation_failed', 422, 'There is no such field.');
      item.values[field.name] = field.options.find(({ id }) => id === write.value)?.name ?? write.value;
      item.updatedAt = at;
      return writtenItem(write.target, item);
    }
    default:
      throw refusal('route_unmapped', null, `${write.op} is not mapped.`);
  }
}

function added(
  world: World,
  repo: Repo,
  of: Pick<Issue, 'title' | 'body' | 'labels' | 'updatedAt'> & Partial<Issue>,
): Issue {
  const issue: Issue = {
    id: world.nextId++,
    number: repo.nextNumber++,
    state: 'open',
    isLocked: false,
    assignees: [],
    parent: null,
    blockedBy: [],
    pull: null,
    ...of,
  };
  repo.issues.push(issue);
  return issue;
}

function touched(repo: string, issue: Issue, at: string): Written {
  issue.updatedAt = at;
  return writtenIssue(repo, issue);
}

const union = (one: readonly string[], other: readonly string[]): string[] => [
  ...one,
  ...other.filter((name) => !has(one, name)),
];
