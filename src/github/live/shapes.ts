import { z } from 'zod';

/** What Gaia reads of GitHub's answers; the rest of them is left alone. */
const account = z.object({ id: z.int(), login: z.string() });
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

export const user = account;
export const app = z.object({ slug: z.string() });

export const repository = z.object({
  id: z.int(),
  full_name: z.string(),
  default_branch: z.string(),
  archived: z.boolean().default(false),
  permissions: z
    .object({ admin: z.boolean().default(false), push: z.boolean().default(false) })
    .partial()
    .optional(),
});

export const issue = z.object({
  id: z.int(),
  number: z.int(),
  title: z.string(),
  body: text,
  state: z.enum(['open', 'closed']),
  locked: z.boolean().default(false),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])).default([]),
  assignees: z.array(account).nullish(),
  user: account.nullish(),
  pull_request: z.unknown().optional(),
  created_at: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
});
export type IssueShape = z.output<typeof issue>;

export const pull = z.object({
  id: z.int(),
  node_id: z.string(),
  number: z.int(),
  title: z.string(),
  body: text,
  state: z.enum(['open', 'closed']),
  draft: z.boolean(),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
  base: z.object({ ref: z.string() }),
  requested_reviewers: z.array(account).nullish(),
  user: account.nullish(),
  created_at: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
});
export type PullShape = z.output<typeof pull>;

export const comment = z.object({
  id: z.int(),
  body: text,
  user: account.nullish(),
  issue_url: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
});
export type CommentShape = z.output<typeof comment>;

export const branch = z.object({ commit: z.object({ sha: z.string() }), protected: z.boolean() });

export const comparison = z.object({
  total_commits: z.int(),
  commits: z.array(z.object({ commit: z.object({ message: z.string() }) })),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).default([]),
});

export const label = z.object({ name: z.string() });
export const labels = z.array(label);
export const status = z.object({
  id: z.int(),
  state: z.string(),
  context: z.string(),
  description: z.string().nullish(),
  url: z.string().nullish(),
});

export const project = z.object({ id: z.int(), title: z.string(), owner: account.nullish() });
const words = z
  .union([z.string(), z.object({ raw: z.string() })])
  .transform((value) => (typeof value === 'string' ? value : value.raw));
export const field = z.object({
  id: z.int(),
  name: z.string(),
  data_type: z.string(),
  options: z.array(z.object({ id: z.string(), name: words })).optional(),
});

export const item = z.object({
  id: z.int(),
  content_type: z.string().nullish(),
  content: z
    .object({
      node_id: z.string().optional(),
      number: z.int().optional(),
      title: text,
      body: text,
      url: z.string().optional(),
    })
    .nullish(),
  creator: account.nullish(),
  archived_at: z.string().nullish(),
  updated_at: z.string(),
  item_url: z.string().optional(),
  fields: z.array(z.object({ id: z.int(), name: z.string(), data_type: z.string(), value: z.unknown() })).optional(),
});
export type ItemShape = z.output<typeof item>;

/** GraphQL says 200 also to what it did not do. */
export const readyForReview = z.object({
  data: z.object({
    markPullRequestReadyForReview: z.object({ pullRequest: z.object({ isDraft: z.literal(false), number: z.int() }) }),
  }),
  errors: z.undefined().optional(),
});
export const draftUpdated = z.object({
  data: z.object({ updateProjectV2DraftIssue: z.object({ draftIssue: z.object({ id: z.string() }) }) }),
  errors: z.undefined().optional(),
});
