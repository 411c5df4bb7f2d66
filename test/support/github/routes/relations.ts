import { type Flaw, GitHubError, invalid, notFound } from '../github-error.ts';
import type { Issue } from '../issue.ts';
import { apiIssue } from '../shapes/issues.ts';
import { type Context, made, ok, type Routes } from './route.ts';

/** REST: add sub-issue, 100 per parent and 8 levels; 50 dependencies of each kind. */
const subIssuesCap = 100;
const levelsCap = 8;
const dependenciesCap = 50;

/** Sub-issues and what waits for what. Both name the other issue by its id, not by its number. */
export const relationRoutes: Routes = {
  'GET /repos/{owner}/{repo}/issues/{issue_number}/parent': {
    needs: [['issues', 'read']],
    run: ({ urls, issue }) => {
      const { parent } = issue();
      if (parent === undefined) throw notFound();
      return ok(apiIssue(urls, parent));
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/sub_issues': {
    needs: [['issues', 'read']],
    run: ({ urls, issue, page }) => page(issue().subIssues, (child) => apiIssue(urls, child)),
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues': {
    needs: [['issues', 'write']],
    run: (context) => {
      const parent = context.issue();
      const child = findIssue(context, context.body.sub_issue_id as number);
      if (child === undefined) throw new GitHubError(404, 'The provided sub-issue does not exist');
      checkAdoption(parent, child, context.body.replace_parent === true);
      parent.adopt(child);
      context.created('sub_issue', child.id);
      return made(apiIssue(context.urls, parent));
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by': {
    needs: [['issues', 'read']],
    run: ({ urls, issue, page }) => page(issue().blockedBy, (other) => apiIssue(urls, other)),
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by': {
    needs: [['issues', 'write']],
    run: (context) => {
      const issue = context.issue();
      const other = findIssue(context, context.body.issue_id as number);
      if (other === undefined) throw notFound();
      if (issue.blockedBy.includes(other)) throw invalid(flaw('Target issue has already been taken'));
      if (other === issue || other.blockedBy.includes(issue)) {
        throw invalid(flaw('Issue dependencies may not form a circle'));
      }
      if (issue.blockedBy.length >= dependenciesCap) throw invalid(flaw('too many dependencies'));
      issue.blockedBy.push(other);
      issue.touch();
      context.created('dependency', other.id);
      return made(apiIssue(context.urls, other));
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocking': {
    needs: [['issues', 'read']],
    run: ({ urls, issue, page }) => page(issue().blocking, (other) => apiIssue(urls, other)),
  },
};

const findIssue = ({ site }: Context, id: number): Issue | undefined => site.allIssues().find((each) => each.id === id);

const flaw = (message: string): Flaw => ({ resource: 'Issue', code: 'custom', message });

function checkAdoption(parent: Issue, child: Issue, replacing: boolean): void {
  const levels = (issue: Issue): number => 1 + Math.max(0, ...issue.subIssues.map(levels));
  const above = (issue: Issue): Issue[] => (issue.parent ? [issue.parent, ...above(issue.parent)] : []);
  if (child.repository.owner !== parent.repository.owner) {
    throw invalid(flaw('Sub issue must belong to the same repository owner as the parent'));
  }
  if (child === parent || above(parent).includes(child)) throw invalid(flaw('Sub issues may not form a circle'));
  if (child.parent === parent) throw invalid(flaw('Issue may not contain duplicate sub-issues'));
  if (child.parent !== undefined && !replacing) throw invalid(flaw('Sub issue may only have one parent'));
  if (parent.subIssues.length >= subIssuesCap)
    throw invalid(flaw(`Parent may have at most ${subIssuesCap} sub-issues`));
  if (above(parent).length + 1 + levels(child) > levelsCap) {
    throw invalid(flaw(`Sub issues may have at most ${levelsCap} levels`));
  }
}
