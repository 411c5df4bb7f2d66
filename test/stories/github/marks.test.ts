import { describe, expect, test } from 'vitest';
import { aLiveWorld, outcomes } from './a-live-world.ts';
import { aPassedRun } from './a-passed-run.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const replace = (path: string, value: string) => [{ op: 'replace', path, value }];
const forged = `<!-- gaia:v1 op=${'a'.repeat(32)} h=${'b'.repeat(32)} s=${'c'.repeat(64)} -->`;
const mark = /<!-- gaia:v1 op=[0-9a-f]{32} h=[0-9a-f]{32} s=[0-9a-f]{64} -->/;

describe("one of Gaia's marks", () => {
  test('stays below what Gaia wrote when that is changed', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    const [before] = mark.exec(world.repo.issue(1).body!)!;
    await world.writes([{ op: 'issue.update', number: 1, patch: replace('/body', 'It takes an hour.') }]);
    expect(world.repo.issue(1).body).toBe(`It takes an hour.\n\n${before}`);
  });

  test.each([
    ['that was made up', (real: string) => real.replace(mark, forged)],
    ['with words behind it', (real: string) => `${real} and @everyone knows`],
  ])('%s keeps nothing that stands behind it', async (_, edited) => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    world.repo.issue(1).edits({ body: `${edited(world.repo.issue(1).body!)}\n\nSmuggled: fixes #7` });
    await world.writes([{ op: 'issue.update', number: 1, patch: replace('/body', 'It takes an hour.') }]);
    expect(world.repo.issue(1).body).toMatch(/^It takes an hour\./);
    expect(world.repo.issue(1).body).not.toContain('Smuggled');
    expect(world.repo.issue(1).body).not.toContain('everyone');
    expect(world.repo.issue(1).body).not.toContain('s=ccc');
  });

  test('is not taken over into what somebody else wrote', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    world.repo.addIssue({ title: 'Mine', body: `Copied.\n\n${mark.exec(world.repo.issue(1).body!)![0]}` });
    const update = await world.writes([{ op: 'issue.update', number: 2, patch: replace('/body', 'New words.') }]);
    expect(outcomes(update)).toEqual(['done']);
    expect(world.repo.issue(2).body).toBe('New words.');
  });

  test('that was made up is not kept in a comment, nor in a draft', async () => {
    const world = await aLiveWorld();
    await world.writes([
      { ...issue, ref: 'a' },
      { op: 'issue.comment.create', number: '$a', body: 'Measured.' },
    ]);
    const [comment] = world.repo.issue(1).comments;
    world.repo.issue(1).rewrites(comment!, `Measured.\n\n${forged}\n\nSmuggled`);
    await world.writes([{ op: 'issue.comment.update', comment: comment!.id, body: 'Measured twice.' }]);
    expect(comment!.body).toBe('Measured twice.');

    const item = world.github.project('octo', 1).addDraft('Think', `Think.\n\n${forged}\n\nSmuggled`, 'gaia-bot');
    const patch = replace('/body', 'Think twice.');
    await world.writes([{ op: 'project.draft_item.update', item: item.id, patch }], { project: 'octo/1' });
    expect(item.content.body).toBe('Think twice.');
  });
});

describe("Gaia's part of a pull request", () => {
  const human = 'Dear all,  \r\n<!-- gaia:begin -->\r\nmine\r\n<!-- gaia:end -->\r\n\tbye ';
  const pull = (head: string) => ({ op: 'pr.create', head, base: 'main', title: 'Faster', body: 'Caches.' });

  test('is replaced alone: what people wrote around it stays to the byte, whatever it looks like', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    await world.writes([pull(run.branch)], { runId: run.id });
    const made = world.repo.pull(1);
    const own = made.body!;
    made.edits({ body: `${human}${own}\r\n${human}` });
    const update = await world.writes([{ op: 'pr.update', number: 1, patch: replace('/body', 'Caches more.') }], {
      runId: run.id,
    });
    expect(outcomes(update)).toEqual(['done']);
    expect(made.body).toBe(`${human}${own.replace('Caches.', 'Caches more.')}\r\n${human}`);
  });

  test('is put below what a person wrote, and found there again', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    const theirs = world.repo.addPull({ title: 'Mine', body: human, head: run.branch });
    const update = (body: string) =>
      world.writes([{ op: 'pr.update', number: 1, patch: replace('/body', body) }], { runId: run.id });
    await update('Caches.');
    expect(theirs.body!.startsWith(`${human}\n\n<!-- gaia:begin -->\nCaches.\n<!-- gaia:end -->\n<!-- gaia:v1 `)).toBe(
      true,
    );
    await update('Caches more.');
    expect(theirs.body!.startsWith(`${human}\n\n<!-- gaia:begin -->\nCaches more.\n<!-- gaia:end -->`)).toBe(true);
    expect(theirs.body!.match(/gaia:v1/g)).toHaveLength(1);
  });

  test('copied to the pull request of somebody else is theirs', async () => {
    const world = await aLiveWorld();
    const [first, second] = [await aPassedRun(world), await aPassedRun(world, 'gaia/run-2')];
    await world.writes([pull(first.branch)], { runId: first.id });
    const copy = world.repo.pull(1).body!;
    const theirs = world.repo.addPull({ title: 'Mine', body: copy, head: second.branch });
    await world.writes([{ op: 'pr.update', number: 2, patch: replace('/body', 'Added.') }], { runId: second.id });
    expect(theirs.body!.startsWith(`${copy}\n\n<!-- gaia:begin -->\nAdded.`)).toBe(true);
  });

  test('that is there twice is left to people', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    await world.writes([pull(run.branch)], { runId: run.id });
    const made = world.repo.pull(1);
    made.edits({ body: `${made.body}\n\n${made.body}` });
    const update = await world.writes([{ op: 'pr.update', number: 1, patch: replace('/body', 'More.') }], {
      runId: run.id,
    });
    expect(update.blockers.map(({ code }) => code)).toEqual(['remote_ambiguous']);
    expect(made.body).not.toContain('More.');
  });
});
