import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';
import { type EntranceApp, startEntranceApp } from '../../../tests/support/entrance-app.ts';
import { problems } from '../../ground/http/index.ts';
import { newOrderSchema, orderSchema, problemSchema } from './rest-schemas.ts';

type Schema = {
  $ref?: string;
  type?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  anyOf?: Schema[];
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

const run = promisify(execFile);
const projectDir = resolve(import.meta.dirname, '../../..');

/** What a merchant's program does with types made from the document; each marked line must be refused. */
const clientOfTypes = `
import type { components, operations, webhooks } from './types.ts';

export const order: components['schemas']['NewOrder'] = {
  merch_txn_ref: 'R-1', order_no: 'O-1', amount: '200000', description: 'x', return_url: 'https://shop.example/',
};
export const withAll: components['schemas']['NewOrder'] = {
  ...order, currency: 'VND', cancel_url: null, locale: 'en', expires_in_seconds: 900,
};
// @ts-expect-error: amounts are text
export const asNumber: components['schemas']['NewOrder'] = { ...order, amount: 200000 };
// @ts-expect-error: a needed field is missing
export const without: components['schemas']['NewOrder'] = { order_no: 'O-1' };
export const headers: operations['createOrder']['parameters']['header'] = { 'Idempotency-Key': 'k' };
type Created = operations['createOrder']['responses'][201]['content']['application/json'];
export const addressOf = (created: Created): string => created.checkout_url;
type Taken = operations['cancelOrder']['responses'][409]['content']['application/problem+json'];
export const codeOf = (problem: Taken): string => problem.code;
export const names: (keyof webhooks)[] = ['order.paid', 'order.failed', 'order.cancelled', 'order.expired'];
type Paid = operations['receiveOrderPaid']['requestBody']['content']['application/json'];
export const statusOf = (event: Paid): 'open' | 'paid' | 'failed' | 'cancelled' | 'expired' => event.data.status;
`;

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
        (p) => p.in === 'header' && p.name === 'Idempotency-Key' && p.required,
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

  test('passes the recommended rules of Redocly, every operation and webhook under a name of its own', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const source = JSON.stringify(document);
    const faults = await lintFromString({ source, config, absoluteRef: 'openapi.json' });
    assert.deepEqual(
      faults.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]),
      [],
    );
    const broken = source.replace('"receiveOrderFailed"', '"receiveOrderPaid"');
    const found = await lintFromString({ source: broken, config, absoluteRef: 'openapi.json' });
    assert.deepEqual(
      found.map(({ ruleId }) => ruleId),
      ['operation-operationId-unique'],
    );
  });

  test('the types that openapi-typescript makes of it compile, and a client writes orders with them', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vipay-openapi-'));
    try {
      await writeFile(join(dir, 'types.ts'), await openapiTypes(document as unknown as OpenAPI3));
      await writeFile(join(dir, 'client.ts'), clientOfTypes);
      const tsc = join(projectDir, 'node_modules/typescript/bin/tsc');
      const options = [
        '--noEmit',
        '--strict',
        '--types',
        '',
        '--allowImportingTsExtensions',
        '--module',
        'nodenext',
      ];
      const told = await run(process.execPath, [tsc, ...options, 'client.ts'], { cwd: dir }).then(
        () => '',
        (error: { stdout: string }) => error.stdout || String(error),
      );
      assert.equal(told, '');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test('the rules that its words state are patterns and lengths too, and refuse nothing that is accepted', () => {
    const { properties = {} } = document.components.schemas.NewOrder ?? {};
    const fits = (field: string, text: string) => {
      const schema =
        properties[field]?.anyOf?.find(({ type }) => type === 'string') ?? properties[field] ?? {};
      const length = Array.from(text).length;
      assert.ok(schema.pattern, field);
      return (
        new RegExp(schema.pattern, 'u').test(text) &&
        length >= (schema.minLength ?? 0) &&
        length <= (schema.maxLength ?? Number.POSITIVE_INFINITY)
      );
    };
    const refused: Record<string, string[]> = {
      merch_txn_ref: ['', 'a|b', 'a\nb', '\u202ea', ' ', '\ud800'],
      order_no: ['', '|', 'a\u2028'],
      amount: ['', '0', '01', '1.5', '-1', '1'.repeat(14), '１'],
      description: ['', 'a\u0000', 'a'.repeat(8193)],
      return_url: [
        '',
        'shop.example',
        '//shop.example',
        'https:shop',
        'https://a b',
        'https://a\\b',
        `https://${'a'.repeat(2048)}`,
      ],
      cancel_url: ['', '/path', 'https://a b'],
    };
    for (const [field, texts] of Object.entries(refused)) {
      for (const text of texts) assert.equal(fits(field, text), false, `${field} ${JSON.stringify(text)}`);
    }
    const accepted: Record<string, string[]> = {
      merch_txn_ref: ['A', 'Đơn 1; 2', 'ệ'.normalize('NFD').repeat(255), '🌵'.repeat(255)],
      order_no: ['DH-1;DH-2', '/'],
      amount: ['1', '9999999999999'],
      description: ['x', 'a\nb', 'ệ'.normalize('NFD').repeat(500)],
      return_url: [
        'https://shop.example',
        'HTTP://localhost:3000/r?a=b#c',
        'vn.shop.app://done',
        'https://cửahàng.example/ệ',
      ],
      cancel_url: ['https://shop.example/x'],
    };
    const good = {
      merch_txn_ref: 'R',
      order_no: 'O',
      amount: '1',
      description: 'x',
      return_url: 'https://a.example',
    };
    for (const [field, texts] of Object.entries(accepted)) {
      for (const text of texts) {
        assert.ok(
          newOrderSchema.safeParse({ ...good, [field]: text }).success,
          `${field} ${text.slice(0, 40)}`,
        );
        assert.ok(fits(field, text), `${field} ${JSON.stringify(text).slice(0, 60)}`);
      }
    }
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
