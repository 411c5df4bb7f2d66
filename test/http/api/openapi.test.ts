import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { endpoints } from '../../../src/http/api/routes.ts';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';

/** What OpenAPI 3.1 asks of the parts that are used here. */
const meta = {
  type: 'object',
  required: ['openapi', 'info', 'paths'],
  properties: {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: {
      type: 'object',
      required: ['title', 'version'],
      properties: { license: { type: 'object', required: ['name'], not: { required: ['url', 'identifier'] } } },
    },
    servers: { type: 'array', items: { type: 'object', required: ['url'] } },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/' },
      additionalProperties: {
        type: 'object',
        additionalProperties: { $ref: '#/$defs/operation' },
        propertyNames: { enum: ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] },
      },
    },
    components: {
      type: 'object',
      properties: {
        securitySchemes: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['type'],
            properties: { type: { enum: ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'] } },
          },
        },
      },
    },
  },
  $defs: {
    operation: {
      type: 'object',
      required: ['operationId', 'summary', 'responses'],
      properties: {
        parameters: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'in', 'schema'],
            properties: { in: { enum: ['query', 'header', 'path', 'cookie'] }, required: { type: 'boolean' } },
            if: { properties: { in: { const: 'path' } } },
            // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
            then: { required: ['required'], properties: { required: { const: true } } },
          },
        },
        requestBody: { type: 'object', required: ['content'] },
        responses: {
          type: 'object',
          minProperties: 1,
          propertyNames: { pattern: '^(default|[1-5]\\d\\d)$' },
          additionalProperties: {
            type: 'object',
            required: ['description'],
            properties: { description: { type: 'string', minLength: 1 } },
          },
        },
      },
    },
  },
};

interface Operation {
  operationId: string;
  description: string;
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

describe('openapi.json', () => {
  const read = async () => {
    const api = anApi(await aWorld());
    const { status, body } = await api.nobody.get('/openapi.json');
    expect(status).toBe(200);
    const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
      ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    return { document: body, operations };
  };

  test('is what OpenAPI 3.1 asks for', async () => {
    const { document } = await read();
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(meta);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
  });

  test('describes every endpoint there is, each under a name of its own', async () => {
    const { operations } = await read();
    expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      endpoints(() => 0)
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  test('names each part of a path, and says who may call', async () => {
    const { operations } = await read();
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(operation.parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named);
      expect(operation.description).toMatch(/Needs no key\.$|For /);
    }
  });

  test('holds only schemas that are ones', async () => {
    const { document, operations } = await read();
    const ajv = new Ajv2020({ strict: false });
    const schemas = operations.flatMap(({ operation }) => [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
    ]);
    expect(schemas.length).toBeGreaterThan(30);
    for (const { schema } of schemas)
      expect(() => ajv.compile({ ...schema, components: document.components })).not.toThrow();
  });
});
