// The alert rules keep their word: every metric that they name is one that the gateway shows, with that label; every
// rule is silent at its threshold and fires above it; the page of alarms explains each.
//
// Evaluated by hand over made-up series, for the few forms of PromQL that the rules use: `max` or `sum` of a metric, of
// its `increase` over a window, and `time()` less that.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { metricsRegistry } from '../../src/ground/metrics/index.ts';
import { createTestContext } from '../support/context.ts';

const folder = resolve(import.meta.dirname, '../../docs/operating');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

type Rule = { alert: string; expr: string };
type Sample = { labels: Record<string, string>; value: number; minutesAgo: number };
type Series = Record<string, Sample[]>;

/** The file is YAML of a few shapes; a line of another shape is a fault of the file. */
function readRules(text: string): Rule[] {
  const rules: Rule[] = [];
  const shapes =
    /^(?:#.*|groups:| {2}- name: [a-z-]+| {4}rules:| {6}- alert: ([A-Z]\w+)| {8}expr: (.+)| {8}for: \d+m| {8}labels: \{ severity: (?:page|ticket) \}|)$/;
  for (const line of text.split('\n')) {
    const match = shapes.exec(line);
    assert.ok(match, `alerts.yml: a line of no known shape: ${line}`);
    if (match[1] !== undefined) rules.push({ alert: match[1], expr: '' });
    const last = rules.at(-1);
    if (match[2] !== undefined && last) last.expr = match[2];
  }
  return rules;
}

const form =
  /^(?<since>time\(\) - )?(?<fold>max|sum)\((?:(?<increase>increase)\()?(?<metric>[a-z_]+)(?:\{(?<label>\w+)="(?<value>\w+)"\})?(?:\[(?<window>\d+)(?<unit>[mh])\]\))?\) > (?<threshold>\d+)$/;

function parse(expr: string) {
  const groups = form.exec(expr)?.groups;
  assert.ok(groups, `no known form of PromQL: ${expr}`);
  const { since, fold, increase, metric = '', label, value, window, unit, threshold } = groups;
  const windowMinutes = Number(window ?? 0) * (unit === 'h' ? 60 : 1);
  return {
    since: since !== undefined,
    fold,
    isIncrease: increase !== undefined,
    metric,
    label,
    value,
    windowMinutes,
    threshold: Number(threshold),
  };
}

const nowSeconds = 1_800_000_000;

function fires(expr: string, series: Series): boolean {
  const { since, fold, isIncrease, metric, label, value, windowMinutes, threshold } = parse(expr);
  const samples = (series[metric] ?? []).filter(
    (sample) => label === undefined || sample.labels[label] === value,
  );
  const byLabels = Map.groupBy(samples, ({ labels }) => JSON.stringify(labels));
  const values = [...byLabels.values()].map((each) => {
    const newestFirst = each.toSorted((a, b) => a.minutesAgo - b.minutesAgo);
    const newest = newestFirst[0]?.value ?? 0;
    if (!isIncrease) return newest;
    const oldest = newestFirst.filter(({ minutesAgo }) => minutesAgo <= windowMinutes).at(-1);
    return newest - (oldest?.value ?? newest);
  });
  if (values.length === 0) return false;
  const folded = fold === 'max' ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0);
  return (since ? nowSeconds - folded : folded) > threshold;
}

/** Series of two processes, whose value, or whose increase within the window, comes to `amount` by the rule's folding. */
function seriesOf(expr: string, amount: number, label?: Record<string, string>): Series {
  const { since, isIncrease, metric, label: name, value, windowMinutes } = parse(expr);
  const labels = label ?? (name === undefined ? {} : { [name]: String(value) });
  const one = (instance: string, minutesAgo: number, at: number): Sample => ({
    labels: { ...labels, instance },
    value: at,
    minutesAgo,
  });
  if (!isIncrease) {
    const shown = since ? nowSeconds - amount : amount;
    return { [metric]: [one('a', 0, shown), one('b', 0, since ? shown - 5 : 0), one('a', 5, 10 * amount)] };
  }
  // What had been counted before the window does not count.
  return {
    [metric]: [
      one('a', windowMinutes * 3, 0),
      one('a', windowMinutes, 900),
      one('a', 0, 900 + amount),
      one('b', windowMinutes, 7),
      one('b', 0, 7),
    ],
  };
}

const context = await createTestContext();
after(() => context.drop());
createApp(context, { sandbox: null });
const rules = readRules(read('alerts.yml'));

test('there are rules, each with a name of its own', () => {
  assert.ok(rules.length >= 10);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
});

for (const { alert, expr } of rules) {
  test(`${alert} is made of a metric of ours, silent at its threshold, and fires above it`, () => {
    const { metric, label, threshold } = parse(expr);
    const known = metricsRegistry.getSingleMetric(metric) as unknown as { labelNames?: string[] } | undefined;
    assert.ok(known, `${metric} is not shown at /metrics`);
    if (label !== undefined) assert.ok(known.labelNames?.includes(label), `${metric} has no label ${label}`);
    assert.equal(fires(expr, {}), false, 'without any series');
    assert.equal(fires(expr, seriesOf(expr, threshold)), false, 'at the threshold');
    assert.equal(fires(expr, seriesOf(expr, threshold + 1)), true, 'above it');
    if (label !== undefined) {
      assert.equal(
        fires(expr, seriesOf(expr, threshold + 1, { [label]: 'another' })),
        false,
        'of another label',
      );
    }
  });
}

test('alarms.md explains every alarm, and no other', () => {
  const told = [...read('alarms.md').matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(told.sort(), rules.map(({ alert }) => alert).sort());
});

test('no gauge or counter of ours has a label with more than a few values', async () => {
  const text = await metricsRegistry.metrics();
  const few = new Set([
    'outcome',
    'state',
    'subject',
    'reason',
    'code',
    'event',
    'of',
    'le',
    'cache',
    'method',
    'route',
    'status',
  ]);
  for (const [, labels = ''] of text.matchAll(/^vipay_\w+\{([^}]*)\}/gm)) {
    for (const [, name = ''] of labels.matchAll(/(\w+)=/g)) assert.ok(few.has(name), name);
  }
});
