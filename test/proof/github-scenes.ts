import type { Request } from '../../src/core/approval/request.ts';
import type { How } from '../support/github/faults.ts';
import type { Exchange } from '../support/github/journal.ts';
import type { AGitHubGaia } from './github-world.ts';

/** A changeset in which no operation stands twice, and what people may do meanwhile. */
export interface Scene {
  name: string;
  /** what is there before; what a run needs */
  prepares(world: AGitHubGaia): Promise<{ runId?: string }>;
  target: { repo: string } | { project: string };
  operations: readonly { op: string; [field: string]: unknown }[];
  methods: readonly string[];
  deeds: readonly Deed[];
}

export interface Deed {
  name: string;
  /** Does it, where it can be done yet; answers what it finds wrong once everything has ended. */
  does(world: AGitHubGaia, request: Request): (() => string[]) | undefined;
}

/** What an operation is on the wire. */
export const routes: Readonly<Record<string, readonly [string, RegExp]>> = {
  'issue.create': ['POST', /\/issues$/],
  'issue.update': ['PATCH', /\/issues\/\d+$/],
  'issue.comment.create': ['POST', /\/comments$/],
  'review_comment.create': ['POST', /\/comments$/],
  'issue.label.add': ['POST', /\/labels$/],
  'issue.label.remove': ['DELETE', /\/labels\/[^/]+$/],
  'issue.link': ['POST', /\/sub_issues$/],
  'commit_status.create': ['POST', /\/statuses\/[0-9a-f]+$/],
  'pr.create': ['POST', /\/pulls$/],
  'pr.update': ['PATCH', /\/pulls\/\d+$/],
  'pr.request_reviewers': ['POST', /\/requested_reviewers$/],
  'project.item.add': ['POST', /\/items$/],
  'project.field.update': ['PATCH', /\/items\/\d+$/],
  'project.draft_item.create': ['POST', /\/drafts$/],
};

/** What GitHub did of an operation, however its answers fared. */
export function doneOf({ github }: AGitHubGaia, op: string): Exchange[] {
  const [method, path] = routes[op] as readonly [string, RegExp];
  return github.requests({ method, path }).filter(isDone);
}

export const isDone = ({ outcome }: Exchange): boolean =>
  (outcome.kind === 'answered' || outcome.kind === 'reply_lost') && outcome.status < 300;

const elsewhere = {
  alter: (body: unknown) => ({ ...(body as object), html_url: 'https://github.example/x/y/issues/1' }),
};

/** GitHub did it, and its answer is lost or says something else. */
export const lostAfter: readonly How[] = [
  'reset_after',
  'cut_body',
  'garbled_body',
  'hang_after',
  { status: 500, after: true },
  { status: 502, after: true },
  { alter: () => ({}), status: 201 },
  elsewhere,
];
/** GitHub did not do it; what hangs it does later, when nobody waits any more. */
export const notDone: readonly How[] = [
  'reset_before',
  'hang_before',
  { status: 403 },
  { status: 503 },
  { status: 409 },
  { limit: 'secondary', retryAfter: 30 },
  { limit: 'secondary', status: 429 },
  { limit: 'primary' },
  { redirect: '/repos/octo/app/issues', status: 307 },
  { redirect: 'http://127.0.0.1:1/elsewhere', status: 308 },
];
/** Of what Gaia only looks at. */
export const lookFaults: readonly How[] = ['stale_list', 'reset_before', 'cut_body', { status: 503 }];

/** The number of the last request so far: what comes later was sent after this. */
const lastOf = ({ github }: AGitHubGaia): number => github.requests().length;
const isAWriteOnItsWay = ({ github }: AGitHubGaia): boolean =>
  github.writes().some(({ outcome }) => outcome.kind === 'waiting');
const writtenSince = (world: AGitHubGaia, last: number, what: string): string[] =>
  world.github
    .writes()
    .filter((write) => write.number > last && isDone(write))
    .map(({ method, path }) => `${method} ${path} was done although ${what}`);

const edits: Deed = {
  name: 'a person edits the body',
  does(world) {
    const item = world.repo.issue(1);
    const late = isAWriteOnItsWay(world); // GitHub itself does it later: nobody can hold that up
    item.edits({ body: 'A person was here.' });
    const last = lastOf(world);
    return () => [
      ...(late || item.body === 'A person was here.' ? [] : [`what a person wrote became “${item.body}”`]),
      ...writtenSince(world, last, 'its text was edited').filter((message) => /PATCH/.test(message)),
    ];
  },
};
const moves: Deed = {
  name: 'the head moves',
  does(world) {
    world.repo.commit(world.branch, { 'src/b.ts': 'later' });
    const last = lastOf(world);
    return () => writtenSince(world, last, 'the head had moved');
  },
};
const renames: Deed = {
  name: 'the repository is renamed',
  does(world) {
    world.repo.rename('api');
    const last = lastOf(world);
    return () => writtenSince(world, last, 'the repository has another name');
  },
};
const replaces: Deed = {
  name: 'another repository takes its name',
  does(world) {
    world.repo.rename('old');
    const other = world.github.addRepository('octo/app', { labels: ['bug', 'ready'] });
    const last = lastOf(world);
    return () => [
      ...writtenSince(world, last, 'another repository has the name'),
      ...(other.items.length > 0 ? ['something was made in the other repository'] : []),
    ];
  },
};
const closes: Deed = {
  name: 'a person closes what was made',
  does({ repo }) {
    const item = repo.items.find(({ author }) => author.login === 'gaia-bot');
    if (item === undefined) return undefined;
    item.close();
    return () => (item.state === 'closed' ? [] : [`#${item.number} was closed by a person and is open again`]);
  },
};
const closesIt: Deed = {
  name: 'a person closes it',
  does({ repo }) {
    const item = repo.issue(1);
    item.close();
    return () => (item.state === 'closed' ? [] : ['#1 was closed by a person and is open again']);
  },
};
const reviews: Deed = {
  name: 'a person makes it more than a draft',
  does({ repo }) {
    const [pull] = repo.pulls;
    if (pull === undefined) return undefined;
    pull.isDraft = false;
    return () => (pull.isDraft ? ['a pull request became a draft again'] : []);
  },
};

/**
 * Issues and comments with the marks of writes that are still to come, by those who cannot sign them: a stranger, and whoever
 * else may use Gaia's own account. Answers what is wrong with them once everything has ended.
 */
export function plantMarks({ repo }: AGitHubGaia, { effect }: Request): () => string[] {
  const operations = effect?.kind === 'changeset' ? effect.changeset.operations : [];
  const planted = ['mallory', 'gaia-bot'].flatMap((by) =>
    operations.flatMap(({ op, key, payloadHash }): { body: string | null }[] => {
      const mark = `<!-- gaia:v1 op=${key.slice(0, 32)} h=${payloadHash.slice(0, 32)} s=${'0'.repeat(64)} -->`;
      const body = `Forged.\n\n${mark}`;
      if (op === 'issue.create') return [repo.addIssue({ title: 'It is slow', body, by, labels: ['bug'] })];
      if (op === 'issue.comment.create') return [repo.issue(1).comment(body, by)];
      return [];
    }),
  );
  const before = planted.map(({ body }) => body);
  return () =>
    planted.filter(({ body }, place) => body !== before[place]).map(({ body }) => `what was planted became “${body}”`);
}

const ofAnyRepo = [renames, replaces];

export const scenes: readonly Scene[] = [
  {
    name: 'an issue',
    prepares: async () => ({}),
    target: { repo: 'octo/app' },
    operations: [
      { op: 'issue.create', ref: 'a', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] },
      { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' },
      { op: 'issue.label.add', number: '$a', labels: ['ready'] },
    ],
    methods: ['POST'],
    deeds: [closes, ...ofAnyRepo],
  },
  {
    name: 'an edit',
    async prepares({ repo }) {
      repo.addIssue({ title: 'It is slow', body: 'Very.', labels: ['bug'] });
      return {};
    },
    target: { repo: 'octo/app' },
    operations: [
      { op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/body', value: 'It takes 20 minutes.' }] },
      { op: 'issue.comment.create', number: 1, body: 'Measured on Monday.' },
      { op: 'issue.label.remove', number: 1, labels: ['bug'] },
    ],
    methods: ['PATCH', 'POST', 'DELETE'],
    deeds: [edits, closesIt, ...ofAnyRepo],
  },
  {
    name: 'links and a status',
    async prepares({ repo }) {
      for (const title of ['The build is slow', 'Cache it']) repo.addIssue({ title });
      return {};
    },
    target: { repo: 'octo/app' },
    operations: [
      { op: 'issue.link', parent: 1, child: 2, relation: 'sub_issue' },
      { op: 'issue.label.add', number: 2, labels: ['ready'] },
    ],
    methods: ['POST'],
    deeds: [closesIt, ...ofAnyRepo],
  },
  {
    name: 'a pull request',
    prepares: async (world) => ({ runId: await world.aPassedRun() }),
    target: { repo: 'octo/app' },
    operations: [
      { op: 'pr.create', ref: 'p', head: 'gaia/run-1', base: 'main', title: 'Build faster', body: 'Caches.' },
      { op: 'review_comment.create', number: '$p', summary: 'Tests pass.', actionRequired: 'Review it.' },
      { op: 'pr.request_reviewers', number: '$p', reviewers: ['octocat'] },
    ],
    methods: ['POST'],
    deeds: [moves, closes, reviews, ...ofAnyRepo],
  },
  {
    name: 'a change of a pull request',
    async prepares(world) {
      const runId = await world.aPassedRun();
      world.repo.addPull({ title: 'Faster', body: 'Dear all,', head: world.branch, isDraft: true, by: 'grace' });
      return { runId };
    },
    target: { repo: 'octo/app' },
    operations: [
      { op: 'pr.update', number: 1, patch: [{ op: 'replace', path: '/body', value: 'Caches the build.' }] },
      { op: 'pr.request_reviewers', number: 1, reviewers: ['octocat'] },
    ],
    methods: ['PATCH', 'POST'],
    deeds: [edits, moves, closesIt, ...ofAnyRepo],
  },
  {
    name: 'items of a project',
    async prepares({ repo }) {
      repo.addIssue({ title: 'It is slow' });
      return {};
    },
    target: { project: 'octo/1' },
    operations: [
      { op: 'project.item.add', ref: 'i', repo: 'octo/app', number: 1 },
      { op: 'project.field.update', item: '$i', field: 'Status', value: 'In Progress' },
      { op: 'project.draft_item.create', title: 'Think', body: 'About caching.' },
    ],
    methods: ['POST', 'PATCH'],
    deeds: [closesIt],
  },
];
