import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EntranceApp, startEntranceApp } from '../../../tests/support/entrance-app.ts';
import { problems } from '../../ground/http/index.ts';
import { newOrderSchema, orderSchema, problemSchema } from './rest-schemas.ts';

type Schema = {
  $ref?: string;
  type?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  examples?: unknown[];
  items?: Schema;
  additionalProperties?: unknown;
};
type Operation = {
  operationId: string;
  summary: string;
  security?: Record<string, unknown>[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> };
  responses: Record<
    string,
    { description: string; headers?: object; content?: Record<string, { schema: Schema }> }
  >;
};
type OpenApi = {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    securitySchemes: Record<string, { type: string; scheme: string }>;
  };
};

describe('the OpenAPI document', () => {
  let at: EntranceApp;
  let document: OpenApi;
  before(async () => {
    at = await startEntranceApp();
    const answer = await at.app.inject({ url: '/v3/openapi.json' });
    assert.equal(answer.statusCode, 200, answer.body);
    document = answer.json();
  });
  after(() => at.close());
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test('is version 3.1, needs no key, and holds the API and nothing else', () => {
    assert.match(document.openapi, /^3\.1\./);
    assert.deepEqual(document.servers, [{ url: 'http://pay.test' }]);
    assert.deepEqual(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
      ['get /v3/orders', 'get /v3/orders/{order_id}', 'post /v3/orders', 'post /v3/orders/{order_id}/cancel'],
    );
    assert.deepEqual(Object.keys(document.webhooks).sort(), [
      'order.cancelled',
      'order.expired',
      'order.failed',
      'order.paid',
    ]);
    assert.deepEqual(Object.keys(document.components.schemas).sort(), [
      'NewOrder',
      'Order',
      'OrderEvent',
      'OrderList',
      'Problem',
    ]);
  });

  test('every reference leads to a component and no component stands unused', () => {
    const text = JSON.stringify(document);
    const referred = new Set(
      Array.from(text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g), (match) => match[1]),
    );
    assert.deepEqual([...referred].sort(), Object.keys(document.components.schemas).sort());
    assert.doesNotMatch(text, /"\$ref":"(?!#\/components\/schemas\/)/);
    assert.doesNotMatch(text, /\$defs|__SCHEMA|"nullable"/);
  });

  test('every operation has a name of its own, its key, its path parameters, its answers and their headers', () => {
    const names = operations().map(({ operation }) => operation.operationId);
    assert.equal(new Set(names).size, names.length);
    assert.equal(document.components.securitySchemes.apiKey?.scheme, 'bearer');
    for (const { path, method, operation } of operations()) {
      const where = `${method} ${path}`;
      assert.ok(operation.summary, where);
      assert.deepEqual(operation.security, [{ apiKey: [] }], where);
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
        assert.ok(
          operation.parameters?.some((p) => p.in === 'path' && p.name === name && p.required),
          where,
        );
      }
      const hasKey = operation.parameters?.some(
        (p) => p.in === 'header' && p.name === 'idempotency-key' && p.required,
      );
      assert.equal(hasKey === true, method === 'post', where);
      for (const status of ['400', '401', '403', '500', '503']) assert.ok(operation.responses[status], where);
      for (const [status, response] of Object.entries(operation.responses)) {
        const type = Number(status) < 400 ? 'application/json' : 'application/problem+json';
        assert.deepEqual(Object.keys(response.content ?? {}), [type], `${where} ${status}`);
        assert.ok(response.description !== 'Default Response' && response.headers, `${where} ${status}`);
        for (const name of response.description.matchAll(/\(`([a-z-]+)`/g)) {
          assert.equal(problems[name[1] as keyof typeof problems]?.status, Number(status));
        }
      }
    }
    const cancelBody = document.paths['/v3/orders/{order_id}/cancel']?.post?.requestBody;
    assert.notEqual(cancelBody?.required, true);
  });

  test('its examples are accepted by the schemas that validate requests and answers', () => {
    const example = (name: string): Record<string, unknown> => {
      const { properties = {}, required = [] } = document.components.schemas[name] ?? {};
      return Object.fromEntries(
        Object.entries(properties)
          .filter(([field, schema]) => required.includes(field) || schema.examples)
          .map(([field, schema]) => [field, schema.examples ? schema.examples[0] : 'VND']),
      );
    };
    newOrderSchema.parse(example('NewOrder'));
    orderSchema.parse(example('Order'));
    problemSchema.parse(example('Problem'));
    assert.deepEqual(
      Object.keys(document.components.schemas.NewOrder?.properties ?? {}),
      Object.keys(newOrderSchema.shape),
    );
    assert.equal(document.components.schemas.NewOrder?.additionalProperties, false);
  });
});
