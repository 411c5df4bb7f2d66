import { z } from 'zod';
import { problemAnswer } from '../../core/wire/answers-problem.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * The OpenAPI 3.1 document, from the very schemas that validate. OpenAPI 3.1 speaks JSON Schema 2020-12, and so does zod.
 */
export function openApiDocument(
  endpoints: readonly Endpoint[],
  { version, url }: { version: string; url: string },
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    paths[endpoint.path] ??= {};
    (paths[endpoint.path] as Record<string, object>)[endpoint.method] = operationOf(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gaia',
      version,
      description:
        'People approve what agents want to do; Gaia does exactly that, once, and can prove it. Errors are problem details (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemAnswer, 'output') },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An agent’s key `gaia_…`, the admin key, or the session of `gaia login`.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'gaia_session',
          description: 'The session of the console; changes also need `X-CSRF-Token`.',
        },
      },
    },
  };
}

const whoMay = {
  anyone: 'Needs no key.',
  caller: 'For agents, people and the admin key.',
  person: 'For signed-in people only; a key is refused.',
  looker: 'For people and the admin key.',
  operator: 'For operators and the admin key.',
  admin: 'For the admin key only.',
} satisfies Record<Endpoint['by'], string>;

function operationOf({ method, path, name, summary, description, by, query, body, answers }: Endpoint): object {
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: name ?? nameOf(method, path),
    summary,
    description: [description, whoMay[by]].filter(Boolean).join(' '),
    ...(by === 'anyone' ? { security: [] } : by === 'person' ? { security: [{ cookie: [] }, { bearer: [] }] } : {}),
    parameters: [...ids, ...(query ? queryParameters(query) : [])],
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description: said, schema }]) => [
          status,
          {
            description: said,
            ...(schema ? { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } } : {}),
          },
        ]),
      ),
      default: {
        description: 'refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function queryParameters(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}

/** `getRequestsWait`, and `getRequestsById` where the path ends with an id: every operation has a name of its own. */
const nameOf = (method: string, path: string): string =>
  method +
  path
    .replace(/^\/v1/, '')
    .split('/')
    .filter((part) => part !== '' && !part.startsWith('{'))
    .map((part) => part.replaceAll(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase()))
    .join('') +
  (path.endsWith('}') ? 'ById' : '');

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): object => {
  const { $schema: _, ...said } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as { $schema?: string };
  return said;
};
