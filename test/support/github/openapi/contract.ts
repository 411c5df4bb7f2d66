import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Schema {
  $ref?: string;
  properties?: Record<string, unknown>;
  anyOf?: Schema[];
  allOf?: Schema[];
}

interface Operation {
  parameters: { name: string; in: 'path' | 'query' | 'header'; required: boolean; schema: Schema }[];
  requestBody?: { required: boolean; content: { 'application/json': { schema?: Schema } } };
  responses: Record<string, { content?: object }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

/** A request's place in GitHub's description. */
export interface Route {
  method: string;
  template: string;
  parameters: Record<string, string>;
}

const document = JSON.parse(readFileSync(new URL('github.openapi.json', import.meta.url), 'utf8')) as Document;

const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uri: /^[a-z][a-z0-9+.-]*:\S+$/i,
  email: /^\S+@\S+$/,
  int64: true,
  'repo.nwo': /^[\w.-]+\/[\w.-]+$/,
} as const;

// Each test file compiles what it uses: neither inlining nor optimizing makes that ten times as fast.
const options = { strict: false, validateSchema: false, inlineRefs: false, code: { optimize: false }, formats };
const strict = new Ajv2020(options);
const reading = new Ajv2020({ ...options, coerceTypes: true });
for (const ajv of [strict, reading]) ajv.addSchema(document, 'github');
const compiled = new Map<string, ValidateFunction>();

/** parameters that may hold slashes */
const wide = new Set(['ref', 'basehead', 'branch']);
const literals = (template: string): number => template.split('/').filter((part) => !part.startsWith('{')).length;
const patterns = Object.keys(document.paths)
  .sort((a, b) => literals(b) - literals(a))
  .map((template) => ({
    template,
    methods: new Set(Object.keys(document.paths[template] ?? {}).map((method) => method.toUpperCase())),
    pattern: new RegExp(
      `^${template.replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${wide.has(name) ? '.+' : '[^/]+'})`)}$`,
    ),
  }));

/** Every operation of the description, as `METHOD /template`. */
export const describedOperations = (): string[] =>
  patterns.flatMap(({ template, methods }) => [...methods].map((method) => `${method} ${template}`));

/** @param path still percent-encoded */
export function findRoute(method: string, path: string): Route | undefined {
  for (const { template, methods, pattern } of patterns) {
    const found = methods.has(method) ? pattern.exec(path) : null;
    if (found === null) continue;
    const parameters = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { method, template, parameters: Object.fromEntries(parameters) };
  }
  return undefined;
}

/** What a request has that GitHub does not describe, or lacks. @param body undefined where there was none */
export function problemsOfRequest(route: Route, query: URLSearchParams, body: unknown): string[] {
  const operation = operationOf(route);
  const described = new Map(operation.parameters.map((parameter) => [parameter.name, parameter]));
  const unknown = [...new Set(query.keys())].filter((name) => !described.has(name.replace(/\[\]$/, '')));
  const given = new Map([...query].map(([name, value]) => [name.replace(/\[\]$/, ''), value] as const));
  for (const [name, value] of Object.entries(route.parameters)) given.set(name, value);
  const wrong = operation.parameters.flatMap(({ name, required }, index) => {
    const value = given.get(name);
    if (value === undefined) return required ? [`parameter ${name} is missing`] : [];
    const pointer = [...at(route), 'parameters', String(index), 'schema'];
    // A holder, because a bare value cannot be coerced in place.
    return failures(reading, pointer, { value }, `parameter ${name}`, (ref) => ({ properties: { value: ref } }));
  });
  return [...unknown.map((name) => `unknown query parameter ${name}`), ...wrong, ...problemsOfBody(route, body)];
}

function problemsOfBody(route: Route, body: unknown): string[] {
  const { requestBody } = operationOf(route);
  if (requestBody === undefined) return body === undefined ? [] : ['a body where none is described'];
  const schema = requestBody.content['application/json'].schema;
  if (body === undefined) return requestBody.required ? ['the body is missing'] : [];
  if (schema === undefined) return [];
  const known = propertiesOf(schema);
  const keys = body !== null && typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : [];
  return [
    ...keys.filter((key) => known.size > 0 && !known.has(key)).map((key) => `unknown key ${key} in the body`),
    ...failures(strict, [...at(route), 'requestBody', 'content', 'application/json', 'schema'], body, 'the body'),
  ];
}

/** How an answer differs from what GitHub describes. */
export function problemsOfAnswer(route: Route, status: number, body: unknown): string[] {
  const described = operationOf(route).responses[String(status)];
  if (described?.content !== undefined) {
    const pointer = [...at(route), 'responses', String(status), 'content', 'application/json', 'schema'];
    return failures(strict, pointer, body, `the answer ${status}`);
  }
  // Any operation may refuse for reasons that its own description leaves out.
  if (status >= 400) {
    const pointer = ['components', 'schemas', status === 422 ? 'validation-error' : 'basic-error'];
    return failures(strict, pointer, body, `the answer ${status}`);
  }
  if (status >= 300 && status < 400) return [];
  if (described === undefined) return [`the answer ${status} is not described`];
  return body === undefined ? [] : [`the answer ${status} has a body where none is described`];
}

function failures(
  ajv: Ajv2020,
  pointer: readonly string[],
  value: unknown,
  what: string,
  around: (ref: object) => object = (ref) => ref,
): string[] {
  const ref = `github#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const validate = compiled.get(ref) ?? ajv.compile(around({ $ref: ref }));
  compiled.set(ref, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath} ${message}`);
}

const at = ({ method, template }: Route): string[] => ['paths', template, method.toLowerCase()];

function operationOf({ method, template }: Route): Operation {
  const operation = document.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`${method} ${template} is not described`);
  return operation;
}

function propertiesOf(schema: Schema): Set<string> {
  const inner = [...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return new Set([...Object.keys(schema.properties ?? {}), ...inner.flatMap((each) => [...propertiesOf(each)])]);
}
