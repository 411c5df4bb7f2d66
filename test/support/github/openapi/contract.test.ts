import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describedOperations, findRoute, problemsOfAnswer, problemsOfRequest, type Route } from './contract.ts';

const route = (operation: string): Route => {
  const [method = '', path = ''] = operation.split(' ');
  const found = findRoute(method, path);
  if (found === undefined) throw new Error(`${operation} is not described`);
  return found;
};
const none = new URLSearchParams();

describe("GitHub's description", () => {
  test('is small, and holds nothing that Gaia may never do', () => {
    expect(statSync(new URL('github.openapi.json', import.meta.url)).size).toBeLessThan(500_000);
    const forbidden =
      /merge|lock$|transfer|git\/refs|contents|dispatch|releases|hooks|secrets|rulesets|^(?:PUT|DELETE).*(?:protection|collaborators)/;
    expect(describedOperations().filter((operation) => forbidden.test(operation))).toEqual([]);
    expect(describedOperations().filter((operation) => /^DELETE/.test(operation))).toEqual([
      'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}',
      'DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees',
      'DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers',
    ]);
  });

  test.each([
    ['GET /repos/octo/app/issues/comments', '/repos/{owner}/{repo}/issues/comments', {}],
    ['GET /repos/octo/app/issues/7', '/repos/{owner}/{repo}/issues/{issue_number}', { issue_number: '7' }],
    ['GET /repos/octo/app/git/ref/heads/gaia%2Frun', '/repos/{owner}/{repo}/git/ref/{ref}', { ref: 'heads/gaia/run' }],
    ['GET /repos/octo/app/commits/gaia/a/status', '/repos/{owner}/{repo}/commits/{ref}/status', { ref: 'gaia/a' }],
    [
      'GET /repos/octo/app/compare/main...gaia/a',
      '/repos/{owner}/{repo}/compare/{basehead}',
      { basehead: 'main...gaia/a' },
    ],
  ])('finds %s', (operation, template, parameters) => {
    expect(route(operation)).toMatchObject({ template, parameters });
  });

  test.each([
    ['POST /repos/octo/app/issues', {}, "the body must have required property 'title'"],
    ['POST /repos/octo/app/issues', { title: 'a', body: 3 }, 'the body/body must be string'],
    ['POST /repos/octo/app/issues', { title: 'a', milestone: true }, 'the body/milestone must be string'],
    ['POST /repos/octo/app/issues', { title: 'a', milestone: null }, undefined],
    ['POST /repos/octo/app/issues', { title: 'a', stat: 'open' }, 'unknown key stat in the body'],
    ['POST /repos/octo/app/issues', undefined, 'the body is missing'],
    ['GET /repos/octo/app/issues', { title: 'a' }, 'a body where none is described'],
    ['PATCH /repos/octo/app/issues/one', {}, 'parameter issue_number/value must be integer'],
    ['POST /orgs/octo/projectsV2/1/items', { type: 'Issue' }, "the body must have required property 'id'"],
    ['PATCH /orgs/octo/projectsV2/1/items/2', { fields: [{ id: 1, value: null }] }, undefined],
    [
      'PATCH /orgs/octo/projectsV2/1/items/2',
      { fields: [{ id: 1, value: [] }] },
      'the body/fields/0/value must be string',
    ],
  ])('holds %s with %j to be wrong: %s', (operation, body, problem) => {
    expect(problemsOfRequest(route(operation), none, body)[0]).toBe(problem);
  });

  test('knows the parameters of a list', () => {
    const list = route('GET /repos/octo/app/issues');
    const problems = (query: string) => problemsOfRequest(list, new URLSearchParams(query), undefined);
    expect(problems('state=all&per_page=100&since=2026-11-21T09:00:00Z&creator=gaia-bot')).toEqual([]);
    expect(problems('state=every')).toEqual(['parameter state/value must be equal to one of the allowed values']);
    expect(problems('per_page=many')).toEqual(['parameter per_page/value must be integer']);
    expect(problems('pages=2')).toEqual(['unknown query parameter pages']);
  });

  test.each([
    [200, [{ id: 1 }], [expect.stringContaining("must have required property 'node_id'")]],
    [200, { message: 'fine' }, ['the answer 200 must be array']],
    [201, [], ['the answer 201 is not described']],
    [404, { message: 'Not Found' }, []],
    [404, { message: 404 }, ['the answer 404/message must be string']],
    [422, { message: 'Validation Failed' }, [expect.stringContaining('documentation_url')]],
  ])('holds an answer %i %j to labels to be wrong in %j', (status, body, problems) => {
    expect(problemsOfAnswer(route('GET /repos/octo/app/labels'), status, body)).toEqual(problems);
  });
});
