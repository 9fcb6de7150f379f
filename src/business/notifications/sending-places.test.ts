import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSendingPlaces } from './sending-places.ts';
import { createSiteHealth } from './site-health.ts';

test('a site that got no answer through has one place until it answers, others keep theirs', () => {
  const health = createSiteHealth();
  const places = createSendingPlaces(health, { concurrency: 16, perSiteMax: 4 });
  places.take(places.shares(), ['dead', 'dead', 'well']);
  assert.deepEqual(
    [...places.shares().rooms],
    [
      ['dead', 2],
      ['well', 3],
    ],
  );
  health.note('dead', 'timed_out');
  places.giveBack('dead');
  places.giveBack('dead');
  assert.deepEqual(places.shares().suspects, ['dead']);
  assert.equal(places.shares().rooms.get('dead'), 1);
  health.note('dead', 'answer_refused');
  assert.deepEqual(places.shares().suspects, [], 'a quick no holds nothing up');
});

test('all failing sites together hold at most half of the places', () => {
  const health = createSiteHealth();
  const places = createSendingPlaces(health, { concurrency: 16, perSiteMax: 4 });
  const dead = Array.from({ length: 20 }, (_, at) => `dead${at}`);
  for (const site of dead) health.note(site, 'timed_out');
  assert.partialDeepStrictEqual(places.shares(), { limit: 16, suspectLimit: 8 });
  places.take(places.shares(), dead.slice(0, 8));
  assert.partialDeepStrictEqual(places.shares(), { limit: 8, suspectLimit: 0 });
  assert.equal(places.giveBack('dead0'), 'anybody', 'the others are waiting for it');
  assert.equal(places.shares().suspectLimit, 1);
});

test('a place given back asks for another look only when somebody may be waiting', () => {
  const places = createSendingPlaces(createSiteHealth(), { concurrency: 6, perSiteMax: 4 });
  places.take(places.shares(), ['a', 'a', 'b']);
  assert.equal(places.giveBack('b'), 'nobody', 'b had one due and got it');
  assert.equal(places.giveBack('a'), 'nobody');
  places.take(places.shares(), ['a', 'a', 'a']);
  assert.equal(places.giveBack('a'), 'its site', 'a got all it might: more may be due');
  places.take({ ...places.shares(), limit: 1 }, ['c']);
  assert.equal(places.giveBack('c'), 'anybody', 'the claim was full');
});

test('a site that has answered is forgiven three slow answers in a row, one that never has none', () => {
  const health = createSiteHealth();
  health.note('well', 'delivered');
  for (let slow = 1; slow <= 3; slow += 1) health.note('well', 'timed_out');
  health.note('dead', 'timed_out');
  assert.deepEqual(health.suspects(), ['dead']);
  health.note('well', 'answer_refused');
  for (let slow = 1; slow <= 3; slow += 1) health.note('well', 'connection_failed');
  assert.equal(health.isSuspect('well'), false, 'an answer begins the count anew');
  health.note('well', 'timed_out');
  assert.equal(health.isSuspect('well'), true);
  health.note('well', 'timed_out');
  health.note('well', 'delivered');
  assert.equal(health.isSuspect('well'), false);
});

test('only so many failing sites are remembered', () => {
  const health = createSiteHealth();
  for (let site = 0; site < 1_100; site += 1) health.note(`dead${site}`, 'connection_failed');
  assert.equal(health.suspects().length, 1_000);
  assert.equal(health.isSuspect('dead0'), false);
  assert.equal(health.isSuspect('dead1099'), true);
});

test('a site that answers and has many due gets some beforehand; they wait for its own places', () => {
  const health = createSiteHealth();
  let waiting = 0;
  const places = createSendingPlaces(health, {
    concurrency: 16,
    perSiteMax: 4,
    aheadMax: 10,
    waitingOf: () => waiting,
  });
  const busy = (count: number) => Array.from({ length: count }, () => 'busy');
  assert.deepEqual(places.take(places.shares(), busy(4)), [true, true, true, true]);
  assert.equal(places.shares().rooms.get('busy'), 0, 'nobody knows yet whether it answers');
  health.note('busy', 'delivered');
  assert.equal(places.giveBack('busy'), 'its site');
  assert.equal(places.shares().rooms.get('busy'), 11);
  const mayGo = places.take(places.shares(), busy(11), ['busy']);
  assert.deepEqual([mayGo[0], ...new Set(mayGo.slice(1))], [true, false]);
  waiting = 10;
  assert.equal(places.shares().rooms.get('busy'), 0);
  waiting = 9;
  health.note('busy', 'timed_out');
  assert.equal(places.shares().rooms.get('busy'), 0, 'one that fails gets no more');
});

test('a claim for sites that have no room is not made; it is made when a place is given back', () => {
  const places = createSendingPlaces(createSiteHealth(), { concurrency: 6, perSiteMax: 4 });
  places.take(places.shares(), ['a', 'a', 'a']);
  assert.equal(places.hasRoomFor(['a']), true);
  places.take(places.shares(), ['a'], ['a']);
  assert.equal(places.hasRoomFor(['a']), false);
  assert.equal(places.hasRoomFor(['a', 'b']), true);
  // A claim that looked at another site says nothing of this one.
  places.take(places.shares(), ['b'], ['b']);
  assert.equal(places.giveBack('a'), 'its site');
  places.take(places.shares(), ['b', 'b'], ['b']);
  assert.equal(places.hasRoomFor(['c']), false, 'all places are taken');
  assert.equal(places.giveBack('b'), 'anybody');
});
