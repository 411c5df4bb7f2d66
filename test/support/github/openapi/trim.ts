import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { operations } from './operations.ts';

/**
 * `npx tsx test/support/github/openapi/trim.ts FOLDER`: writes github.openapi.json from the package @octokit/openapi
 * that is installed below FOLDER, outside of this repository (it takes 385 MB). What stays: the operations the double
 * answers and the schemas they reach. What is mended: see `mend`.
 */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Node = { [key: string]: Json };

const proseKeys = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'deprecated', 'default']);

const folder = argv[2];
if (folder === undefined) throw new Error('say in which folder @octokit/openapi is installed');
const root = `${folder}/node_modules/@octokit/openapi`;
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
const whole = JSON.parse(readFileSync(`${root}/generated/api.github.com.json`, 'utf8')) as Node;

const paths: Node = {};
for (const operation of operations) {
  const [method = '', path = ''] = operation.split(' ');
  const described = at(whole, ['paths', path, method.toLowerCase()]);
  if (described === undefined) throw new Error(`GitHub does not describe ${operation}`);
  paths[path] = { ...(paths[path] as Node | undefined), [method.toLowerCase()]: trimmedOperation(described as Node) };
}
orElse('/app/installations', ['items', 'properties', 'account']);
const schemas: Node = {};
reach(paths);
allowNull(['pull-request-simple', 'properties', 'labels', 'items', 'properties', 'description']);
for (const name of ['basic-error', 'validation-error', 'validation-error-simple']) keep(name);

const document = {
  openapi: '3.1.0',
  info: {
    title: 'GitHub REST API, the operations that Gaia may use',
    version,
    description:
      'Trimmed and mended by trim.ts from @octokit/openapi, which publishes the description of github/rest-api-description.',
    license: { name: 'MIT, see LICENSE.md', identifier: 'MIT' },
  },
  paths,
  components: { schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))) },
};
writeFileSync(new URL('github.openapi.json', import.meta.url), `${JSON.stringify(document)}\n`);

function trimmedOperation({ operationId, parameters, requestBody, responses }: Node): Node {
  const body = requestBody && resolved(requestBody as Node);
  return {
    operationId: operationId ?? null,
    parameters: ((parameters ?? []) as Node[]).map(resolved).map(({ name, in: place, required, schema }) => ({
      name: name ?? null,
      in: place ?? null,
      required: required ?? false,
      schema: mend(schema as Node),
    })),
    ...(body
      ? { requestBody: { required: body.required ?? false, content: { 'application/json': contentOf(body) ?? {} } } }
      : {}),
    responses: Object.fromEntries(
      Object.entries(responses as Node).map(([status, response]) => {
        const content = contentOf(resolved(response as Node));
        return [status, { description: '', ...(content ? { content: { 'application/json': content } } : {}) }];
      }),
    ),
  };
}

function contentOf(described: Node): Node | undefined {
  const schema = at(described, ['content', 'application/json', 'schema']);
  return schema === undefined ? undefined : { schema: mend(schema as Node) };
}

/**
 * A schema of OpenAPI 3.0 as JSON Schema 2020-12, without its prose. `nullable` becomes a type or an alternative of its
 * own, also where it stands beside oneOf, allOf or $ref without a `type`, where validators leave it, or the whole
 * schema, unchecked. `oneOf` becomes `anyOf`: several of GitHub's alternatives overlap (an issue fits two kinds of
 * project content), which its own answers then fail.
 */
function mend(schema: Node): Node {
  const kept = Object.entries(schema).filter(
    ([key]) => !proseKeys.has(key) && !key.startsWith('x-') && key !== 'nullable',
  );
  const mended: Node = Object.fromEntries(
    kept.map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, mendAt(key, value)]),
  );
  if (schema.nullable !== true) return mended;
  if (mended.type === undefined) return { anyOf: [mended, { type: 'null' }] };
  return {
    ...mended,
    type: [mended.type, 'null'],
    ...(Array.isArray(mended.enum) ? { enum: [...mended.enum.filter((each) => each !== null), null] } : {}),
  };
}

function mendAt(key: string, value: Json): Json {
  if (key === 'properties') {
    return Object.fromEntries(Object.entries(value as Node).map(([name, each]) => [name, mend(each as Node)]));
  }
  if (['allOf', 'anyOf', 'oneOf'].includes(key)) return (value as Node[]).map(mend);
  if (['items', 'not', 'additionalProperties'].includes(key) && typeof value === 'object') return mend(value as Node);
  return value;
}

/** What GitHub itself answers with null though its description does not say so: the text of a label that has none. */
function allowNull(path: readonly string[]): void {
  const schema = at(schemas, path) as Node;
  schema.type = [schema.type ?? null, 'null'];
}

/** Where an account is described as person and enterprise at once, in a copy of a schema that says "or". */
function orElse(path: string, place: readonly string[]): void {
  const answer = ['get', 'responses', '200', 'content', 'application/json', 'schema'];
  const schema = at(paths, [path, ...answer, ...place]) as Node;
  const [both, none] = schema.anyOf as Node[];
  schema.anyOf = [...((both as Node).allOf as Node[]), none as Node];
}

function resolved(described: Node): Node {
  if (typeof described.$ref !== 'string') return described;
  return at(whole, described.$ref.split('/').slice(1)) as Node;
}

function reach(value: Json): void {
  if (value === null || typeof value !== 'object') return;
  const ref = Array.isArray(value) ? undefined : value.$ref;
  const [, name] = /^#\/components\/schemas\/(.+)$/.exec(typeof ref === 'string' ? ref : '') ?? [];
  if (name !== undefined) keep(name);
  for (const each of Object.values(value)) reach(each);
}

function keep(name: string): void {
  if (schemas[name] !== undefined) return;
  schemas[name] = mend(at(whole, ['components', 'schemas', name]) as Node);
  reach(schemas[name] as Node);
}

function at(value: Json, keys: readonly string[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of keys) here = (here as Node | undefined)?.[key];
  return here;
}
