import type { z } from 'zod';
import type { Write, WriteReply } from '../../actions/changes/port.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import type { Answered, Client } from './client.ts';
import { placeOf } from './pages.ts';
import { reply } from './reply.ts';
import { mutations, unmapped } from './routes.ts';
import { issueSeen } from './seen.ts';
import * as shapes from './shapes.ts';

/** Writes to repositories: each is sent once, and what comes back is checked before it counts. */
export class RepositoryWrites {
  readonly #client: Client;
  /** where people find what is written, without a slash at the end */
  readonly #web: string;

  constructor(client: Client, web: string) {
    this.#client = client;
    this.#web = web;
  }

  async write(write: Write): Promise<WriteReply> {
    const place = placeOf(write.target);
    const send = <Schema extends z.ZodType>(
      route: string,
      at: Record<string, unknown>,
      body: Record<string, unknown>,
      shape: Schema,
    ) => this.#client.write(write.op, route, { ...place, ...at }, body, shape);
    switch (write.op) {
      case 'issue.create': {
        const { title, body, labels } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues',
          {},
          { title, body, ...(labels.length > 0 && { labels }) },
          shapes.issue,
        );
        // without the right to it GitHub drops labels without a word
        const there = issueSeen(answered.value).labels.map((label) => label.toLowerCase());
        this.#must(
          labels.every((label) => there.includes(label.toLowerCase())),
          answered,
          'does not have the labels',
        );
        return this.#issueReply(write.target, answered, { title });
      }
      case 'issue.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
          { issue_number: write.number },
          textsOf(write),
          shapes.issue,
        );
        return this.#issueReply(write.target, answered, { number: write.number });
      }
      case 'pr.create': {
        const { title, body, head, base, headSha } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/pulls',
          {},
          { title, body, head, base, draft: true },
          shapes.pull,
        );
        const { head: there, base: onto, draft } = answered.value;
        this.#must(
          there.ref === head && onto.ref === base && draft && (headSha === '' || there.sha === headSha),
          answered,
          'is about other branches or commits',
        );
        return this.#pullReply(write.target, answered);
      }
      case 'pr.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
          { pull_number: write.number },
          textsOf(write),
          shapes.pull,
        );
        return this.#pullReply(write.target, answered, write.number);
      }
      case 'pr.ready_for_review': {
        const answered = await send(
          'POST /graphql',
          {},
          { query: mutations[write.op], variables: { id: write.nodeId } },
          shapes.readyForReview,
        );
        const { number } = answered.value.data.markPullRequestReadyForReview.pullRequest;
        this.#must(number === write.number, answered, 'is about another pull request');
        return reply(answered, { id: null, number, url: `${this.#web}/${write.target}/pull/${number}` });
      }
      case 'pr.request_reviewers': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers',
          { pull_number: write.number },
          { reviewers: write.reviewers },
          shapes.pull,
        );
        const there = (answered.value.requested_reviewers ?? []).map(({ login }) => login.toLowerCase());
        this.#must(
          write.reviewers.every((login) => there.includes(login.toLowerCase())),
          answered,
          'does not have the reviewers',
        );
        return this.#pullReply(write.target, answered, write.number);
      }
      case 'issue.comment.create':
      case 'review_comment.create': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
          { issue_number: write.number },
          { body: write.body },
          shapes.comment,
        );
        return this.#commentReply(write.target, answered, write.number);
      }
      case 'issue.comment.update':
      case 'review_comment.update': {
        const answered = await send(
          'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
          { comment_id: write.comment },
          { body: write.body },
          shapes.comment,
        );
        this.#must(answered.value.id === write.comment, answered, 'is about another comment');
        return this.#commentReply(write.target, answered);
      }
      case 'issue.label.add': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
          { issue_number: write.number },
          { labels: write.labels },
          shapes.labels,
        );
        const there = answered.value.map(({ name }) => name.toLowerCase());
        this.#must(
          write.labels.every((label) => there.includes(label.toLowerCase())),
          answered,
          'does not have the labels',
        );
        return reply(answered, {
          id: null,
          number: write.number,
          url: `${this.#web}/${write.target}/issues/${write.number}`,
        });
      }
      case 'issue.label.remove':
        return this.#removeLabels(write.target, write.number, write.labels);
      case 'issue.assign': {
        const answered = await send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees',
          { issue_number: write.number },
          { assignees: write.assignees },
          shapes.issue,
        );
        const there = (answered.value.assignees ?? []).map(({ login }) => login.toLowerCase());
        // without the right to it GitHub drops assignees without a word
        this.#must(
          write.assignees.every((login) => there.includes(login.toLowerCase())),
          answered,
          'does not have the assignees',
        );
        return this.#issueReply(write.target, answered, { number: write.number });
      }
      case 'issue.link': {
        const { relation, parent, child, parentId, childId, replaceParent } = write;
        const answered =
          relation === 'sub_issue'
            ? await send(
                'POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues',
                { issue_number: parent },
                { sub_issue_id: childId, ...(replaceParent && { replace_parent: true }) },
                shapes.issue,
              )
            : await send(
                'POST /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by',
                { issue_number: child },
                { issue_id: parentId },
                shapes.issue,
              );
        return reply(answered, { id: childId, number: child, url: `${this.#web}/${write.target}/issues/${child}` });
      }
      case 'commit_status.create': {
        const { sha, context, state, description } = write;
        const answered = await send(
          'POST /repos/{owner}/{repo}/statuses/{sha}',
          { sha },
          { state, context, ...(description !== undefined && { description }) },
          shapes.status,
        );
        this.#must(
          answered.value.state === state && answered.value.context.toLowerCase() === context.toLowerCase(),
          answered,
          'is another status',
        );
        return reply(answered, {
          id: answered.value.id,
          number: null,
          url: `${this.#web}/${write.target}/commit/${sha}`,
        });
      }
      default:
        throw unmapped(write.op);
    }
  }

  /** One call a label: there is no call that takes several away and leaves the others. */
  async #removeLabels(repo: string, number: number, labels: readonly string[]): Promise<WriteReply> {
    let last: Answered<unknown> | undefined;
    for (const name of labels)
      last = await this.#client.write(
        'issue.label.remove',
        'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}',
        { ...placeOf(repo), issue_number: number, name },
        {},
        shapes.labels,
      );
    return reply(last ?? { value: undefined, status: 200, headers: {} }, {
      id: null,
      number,
      url: `${this.#web}/${repo}/issues/${number}`,
    });
  }

  #issueReply(
    repo: string,
    answered: Answered<shapes.IssueShape>,
    wanted: { number?: number; title?: string },
  ): WriteReply {
    const { id, number, title, html_url: url } = answered.value;
    this.#must(
      (wanted.number ?? number) === number && (wanted.title ?? title) === title,
      answered,
      'is about another issue',
    );
    this.#must(this.#isUrl(url, repo, ['issues', 'pull'], number), answered, 'has another address');
    return reply(answered, { id, number, url });
  }

  #pullReply(repo: string, answered: Answered<shapes.PullShape>, wanted?: number): WriteReply {
    const { id, number, html_url: url } = answered.value;
    this.#must(
      (wanted ?? number) === number && this.#isUrl(url, repo, ['pull'], number),
      answered,
      'is about another pull request',
    );
    return reply(answered, { id, number, url });
  }

  #commentReply(repo: string, answered: Answered<shapes.CommentShape>, on?: number): WriteReply {
    const { id, html_url: url, issue_url: issue } = answered.value;
    const number = Number(/\/issues\/(\d+)$/.exec(issue)?.[1]);
    const isThere = this.#isUrl(url.replace(/#.*$/, ''), repo, ['issues', 'pull'], number) && (on ?? number) === number;
    this.#must(isThere, answered, 'is about another issue');
    return reply(answered, { id, number: null, url });
  }

  /** Exactly this host, repository and number. */
  #isUrl(url: string, repo: string, kinds: readonly string[], number: number): boolean {
    return kinds.some((kind) => url.toLowerCase() === `${this.#web}/${repo}/${kind}/${number}`.toLowerCase());
  }

  #must(holds: boolean, { status, headers }: Answered<unknown>, what: string): void {
    if (holds) return;
    throw new RemoteFailure({
      code: 'remote_mismatch',
      message: `GitHub's answer ${what} than asked for.`,
      status,
      requestId: String(headers['x-github-request-id'] ?? '') || null,
    });
  }
}

const textsOf = ({ title, body }: { title?: string; body?: string }) => ({
  ...(title !== undefined && { title }),
  ...(body !== undefined && { body }),
});
