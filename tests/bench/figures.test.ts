import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { replaceBlock } from '../../bench/docs-block.ts';
import { median, toFigure, toRound } from '../../bench/ledger-figures.ts';
import { parseTps } from '../../bench/tpcb.ts';

const rate = {
  count: 100,
  perSecond: 24_000,
  p50Ms: 2.4,
  p99Ms: 5.7,
  nodeCores: 0.9,
  batchMean: 64,
};

describe('the figures of a benchmark', () => {
  test('a figure is the median of its rounds, with the least and the most beside it', () => {
    const rounds = [24_000, 20_000, 30_000].map((perSecond) => toRound({ ...rate, perSecond }, 4_000));
    const figure = toFigure(64, rounds);
    assert.equal(figure.payments_per_s, 24_000);
    assert.equal(figure.ratio_to_tpcb, 6);
    assert.equal(figure.min.payments_per_s, 20_000);
    assert.equal(figure.max.ratio_to_tpcb, 7.5);
    assert.equal(figure.rounds.length, 3);
  });

  test('the median of ratios is taken over the rounds, not of the medians', () => {
    const rounds = [
      toRound({ ...rate, perSecond: 10_000 }, 5_000),
      toRound({ ...rate, perSecond: 20_000 }, 2_500),
      toRound({ ...rate, perSecond: 30_000 }, 10_000),
    ];
    assert.equal(toFigure(64, rounds).ratio_to_tpcb, 3);
  });

  test('without pgbench every ratio is null', () => {
    const figure = toFigure(64, [toRound(rate, null)]);
    assert.equal(figure.ratio_to_tpcb, null);
    assert.equal(figure.max.ratio_to_tpcb, null);
    assert.equal(figure.payments_per_s, 24_000);
  });

  test('the median of an even number of values is one of them', () => {
    assert.equal(median([4, 1, 3, 2]), 2);
  });
});

test("pgbench's rate is read from its last lines", () => {
  const output =
    'number of failed transactions: 0 (0.000%)\nlatency average = 3.312 ms\ntps = 4830.123456 (without initial connection time)\n';
  assert.equal(parseTps(output), 4830.123456);
  assert.throws(() => parseTps('pgbench: error: connection failed'), /told no rate/);
});

describe('the part of a page that a benchmark writes', () => {
  test('replaces what stood between the marks and nothing else', () => {
    const page = 'above\n<!-- ledger:begin -->\nold\n<!-- ledger:end -->\nbelow\n';
    const written = replaceBlock(page, 'ledger', 'new');
    assert.equal(written, 'above\n<!-- ledger:begin -->\n\nnew\n\n<!-- ledger:end -->\nbelow\n');
    assert.equal(replaceBlock(written, 'ledger', 'new'), written);
  });

  test('refuses a page without the marks', () => {
    assert.throws(
      () => replaceBlock('<!-- ledger:end --><!-- ledger:begin -->', 'ledger', 'new'),
      /once each/,
    );
  });
});
