// Where buyers may be sent back, asked in every dialect.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testActor } from '../../../tests/support/actor.ts';
import {
  codeOf,
  type EntranceApp,
  newOrder,
  post,
  startEntranceApp,
  v1Fields,
  v1Url,
  v2Url,
} from '../../../tests/support/entrance-app.ts';
import { type SiteCredentials, updateSite } from '../../business/merchants/index.ts';
import { findRefusedRequest } from '../../business/requests/index.ts';

let at: EntranceApp;
let v1: SiteCredentials;
let v2: SiteCredentials;
let rest: SiteCredentials;
let used = 0;

before(async () => {
  at = await startEntranceApp();
  v1 = await at.createSite({ protocol: 'classic-v1', merchantSite: 'site_v1' });
  v2 = await at.createSite({ protocol: 'classic-v2', merchantSite: 'site_v2' });
  rest = await at.createSite({ protocol: 'rest', merchantSite: 'site_rest' });
});
after(() => at.close());

/** Sends an order with these addresses in each dialect. */
async function place(addresses: { return_url?: string; cancel_url?: string }) {
  used += 1;
  const changes = { merch_txn_ref: `REF-${used}`, ...addresses };
  return [
    await at.app.inject({ url: v1Url(v1, v1Fields(v1, changes)) }),
    await at.app.inject({ url: v2Url(v2, v1Fields(v2, { version: '2.0', ...changes })) }),
    await post(at.app, '/v3/orders', {
      apiKey: rest.api_key,
      key: `key-${used}`,
      body: { ...newOrder, ...changes },
    }),
  ];
}

async function assertRefused(field: 'return_url' | 'cancel_url', address: string) {
  for (const answer of await place({ [field]: address })) {
    assert.deepEqual([answer.statusCode, codeOf(answer)], [400, '03'], answer.body);
    const line = await findRefusedRequest(at.context.db, String(answer.headers['x-trace-id']));
    assert.match(line?.detail ?? '', new RegExp(`^${field}: `), address);
  }
}

async function assertPlaced(addresses: { return_url?: string; cancel_url?: string }) {
  const statuses = (await place(addresses)).map((answer) => answer.statusCode);
  assert.deepEqual(statuses, [302, 302, 201], JSON.stringify(addresses));
}

function updateAll(change: { returnSchemes?: string[]; returnHosts?: string[] }) {
  return Promise.all(
    [v1, v2, rest].map(async ({ merchant_site }) => {
      const done = await updateSite(at.context, testActor, merchant_site, change);
      assert.ok(done.ok, done.ok ? '' : done.error.message);
    }),
  );
}

test('schemes of the device and unlisted apps are refused in every dialect, naming the field', async () => {
  for (const address of ['search-ms://x', 'itms-services://?x', 'tel://0900000001', 'myshop://paid']) {
    await assertRefused('return_url', address);
    await assertRefused('cancel_url', address);
  }
});

test('an app’s own scheme is returned to once the site lists it, and no longer when the list is emptied', async () => {
  await updateAll({ returnSchemes: ['MyShop'] });
  await assertPlaced({ return_url: 'myshop://paid', cancel_url: 'MYSHOP://cancelled' });
  await assertRefused('return_url', 'myshop2://paid');
  await updateAll({ returnSchemes: [] });
  await assertRefused('return_url', 'myshop://paid');
});

test('a site that lists hosts returns to them alone, a site that lists none to any', async () => {
  await assertPlaced({ return_url: 'https://anywhere.example/' });
  await updateAll({ returnHosts: ['shop.example', '*.shop.vn'] });
  await assertPlaced({ return_url: 'https://shop.example/a', cancel_url: 'https://m.shop.vn/b' });
  await assertRefused('return_url', 'https://anywhere.example/');
  await assertRefused('cancel_url', 'https://shop.example.evil.vn/');
  await updateAll({ returnHosts: [] });
});

test('a problem of the API names the field at fault', async () => {
  const [, , answer] = await place({ cancel_url: 'myshop://x' });
  assert.equal(answer?.json().errors[0].field, 'cancel_url');
  assert.equal(answer?.json().errors.length, 1);
});

test('what can never be listed is refused, and the site stays as it was', async () => {
  const cases: [change: { returnSchemes?: string[]; returnHosts?: string[] }, code: string][] = [
    [{ returnSchemes: ['javascript'] }, 'return_schemes_malformed'],
    [{ returnSchemes: ['myshop', 'tel'] }, 'return_schemes_malformed'],
    [{ returnHosts: ['*.vn'] }, 'return_hosts_malformed'],
  ];
  for (const [change, code] of cases) {
    const done = await updateSite(at.context, testActor, 'site_rest', change);
    assert.equal(done.ok ? 'changed' : done.error.code, code);
  }
  await assertRefused('return_url', 'myshop://paid');
});
