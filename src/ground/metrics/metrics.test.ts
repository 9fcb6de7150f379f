import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeGauges, metricsRegistry } from './index.ts';

const linesOf = async (name: string) =>
  (await metricsRegistry.getSingleMetricAsString(name))
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '');

test('gauges are read when they are asked for, several from one reading', async () => {
  let reads = 0;
  exposeGauges({
    gauges: { test_sizes: 'Sizes.', test_age: 'An age.' },
    labels: { test_sizes: 'of' },
    read: async () => {
      reads += 1;
      return { test_sizes: { one: 1, two: 2 }, test_age: reads };
    },
  });
  const [sizes, age] = await Promise.all([linesOf('test_sizes'), linesOf('test_age')]);
  assert.deepEqual(sizes, ['test_sizes{of="one"} 1', 'test_sizes{of="two"} 2']);
  assert.deepEqual(age, ['test_age 1']);
});

test('what is not known, or cannot be read, is absent and costs no other gauge', async () => {
  exposeGauges({ gauges: { test_unknown: 'Not known.' }, read: () => ({ test_unknown: null }) });
  exposeGauges({
    gauges: { test_broken: 'Broken.' },
    read: () => {
      throw new Error('away');
    },
  });
  assert.deepEqual(await linesOf('test_unknown'), []);
  assert.deepEqual(await linesOf('test_broken'), []);
  assert.match(await metricsRegistry.metrics(), /test_age/);
});

test('a reader given again under the same name takes over', async () => {
  exposeGauges({ gauges: { test_again: 'Again.' }, read: () => ({ test_again: 1 }) });
  exposeGauges({ gauges: { test_again: 'Again.' }, read: () => ({ test_again: 2 }) });
  assert.deepEqual(await linesOf('test_again'), ['test_again 2']);
});
