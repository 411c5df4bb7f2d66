import { RemoteFailure } from '../../core/change/failure.ts';
import type { OperationName } from '../../core/change/operations.ts';

/**
 * Every call that Gaia can make, and for what. What is missing here is refused before the network: no configuration, approval
 * or fault of Gaia's own can merge, push, close, delete or touch a setting.
 */
const calls: Readonly<Record<string, 'look' | readonly OperationName[]>> = {
  'GET /user': 'look',
  'GET /users/{username}': 'look',
  'GET /app': 'look',
  'GET /app/installations': 'look',
  'POST /app/installations/{installation_id}/access_tokens': 'look',
  'GET /repos/{owner}/{repo}': 'look',
  'GET /repos/{owner}/{repo}/branches/{branch}': 'look',
  'GET /repos/{owner}/{repo}/compare/{basehead}': 'look',
  'GET /repos/{owner}/{repo}/labels/{name}': 'look',
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': 'look',
  'GET /repos/{owner}/{repo}/issues': 'look',
  'GET /repos/{owner}/{repo}/issues/{issue_number}': 'look',
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': 'look',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': 'look',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/parent': 'look',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by': 'look',
  'GET /repos/{owner}/{repo}/pulls': 'look',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': 'look',
  'GET /orgs/{org}/projectsV2/{project_number}': 'look',
  'GET /orgs/{org}/projectsV2/{project_number}/fields': 'look',
  'GET /orgs/{org}/projectsV2/{project_number}/items': 'look',
  'GET /orgs/{org}/projectsV2/{project_number}/items/{item_id}': 'look',
  'GET /users/{username}/projectsV2/{project_number}': 'look',
  'GET /users/{username}/projectsV2/{project_number}/fields': 'look',
  'GET /users/{username}/projectsV2/{project_number}/items': 'look',
  'GET /users/{username}/projectsV2/{project_number}/items/{item_id}': 'look',
  'POST /repos/{owner}/{repo}/pulls': ['pr.create'],
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': ['pr.update'],
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': ['pr.request_reviewers'],
  'POST /repos/{owner}/{repo}/issues': ['issue.create'],
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': ['issue.update'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': ['issue.comment.create', 'review_comment.create'],
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': ['issue.comment.update', 'review_comment.update'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': ['issue.label.add'],
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}': ['issue.label.remove'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees': ['issue.assign'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues': ['issue.link'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by': ['issue.link'],
  'POST /repos/{owner}/{repo}/statuses/{sha}': ['commit_status.create'],
  'POST /orgs/{org}/projectsV2/{project_number}/items': ['project.item.add'],
  'POST /users/{username}/projectsV2/{project_number}/items': ['project.item.add'],
  'PATCH /orgs/{org}/projectsV2/{project_number}/items/{item_id}': ['project.field.update'],
  'PATCH /users/{username}/projectsV2/{project_number}/items/{item_id}': ['project.field.update'],
  'POST /orgs/{org}/projectsV2/{project_number}/drafts': ['project.draft_item.create'],
  'POST /user/{user_id}/projectsV2/{project_number}/drafts': ['project.draft_item.create'],
  'POST /graphql': ['pr.ready_for_review', 'project.draft_item.update'],
};

/** What REST has no way to do. These texts are the only ones that are sent. */
export const mutations = {
  'pr.ready_for_review':
    'mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { id isDraft number } } }',
  'project.draft_item.update':
    'mutation($id: ID!, $title: String, $body: String) { updateProjectV2DraftIssue(input: {draftIssueId: $id, title: $title, body: $body}) { draftIssue { id title } } }',
} as const satisfies Partial<Record<OperationName, string>>;

/** Members that a body may have, by route: `state`, `base` and their like stand in none of them. */
const members: Readonly<Record<string, readonly string[]>> = {
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': ['title', 'body'],
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': ['title', 'body'],
  'POST /repos/{owner}/{repo}/pulls': ['title', 'body', 'head', 'base', 'draft', 'maintainer_can_modify'],
  'POST /repos/{owner}/{repo}/issues': ['title', 'body', 'labels'],
};

/** Why a call may not be made; undefined where it may. `op` is what it is made for; none: to look. */
export function whyUnmapped(
  route: string,
  op: OperationName | undefined,
  body: Readonly<Record<string, unknown>>,
): string | undefined {
  const mapped = Object.hasOwn(calls, route) ? calls[route] : undefined;
  if (mapped === undefined) return `${route} is mapped to nothing.`;
  if (mapped === 'look') return op === undefined ? undefined : `${route} is not how ${op} is written.`;
  if (op === undefined || !mapped.includes(op)) return `${route} is not mapped to ${op ?? 'a look'}.`;
  if (route === 'POST /graphql')
    return body.query === (mutations as Record<string, string>)[op]
      ? undefined
      : 'This GraphQL text is mapped to nothing.';
  const allowed = members[route];
  const odd = allowed && Object.keys(body).find((name) => !allowed.includes(name));
  return odd === undefined ? undefined : `${route} may not set ${odd}.`;
}

/** No route is mapped to this; the types say that it cannot happen, and nothing is sent where it does. */
export const unmapped = (op: string): RemoteFailure =>
  new RemoteFailure({ code: 'route_unmapped', message: `${op} is not mapped.`, status: null, requestId: null });
