import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant, formatMoment, maskHolderName, maskPhone } from './format.ts';

const now = new Date('2026-11-23T06:50:00Z'); // 13:50 in Vietnam

test('a time of today is the hour alone, in GMT+7', () => {
  assert.equal(formatMoment(new Date('2026-11-23T07:05:59Z'), now, 'vi'), '14:05\u00a0(GMT+7)');
  assert.equal(formatMoment(new Date('2026-11-23T07:05:09Z'), now, 'en', 'seconds'), '14:05:09\u00a0(GMT+7)');
});

test('a time of another day in Vietnam names the day, even when it is the same day in UTC', () => {
  const midnight = new Date('2026-11-23T17:00:00Z');
  assert.equal(formatMoment(midnight, now, 'vi'), '00:00 ngày 24/11/2026\u00a0(GMT+7)');
  assert.equal(formatMoment(midnight, now, 'en'), '00:00 on 24 Nov 2026\u00a0(GMT+7)');
});

test('a receipt carries date, seconds and zone', () => {
  const at = new Date('2026-12-31T17:00:01Z');
  assert.equal(formatInstant(at, 'vi'), '00:00:01, 01/01/2027\u00a0(GMT+7)');
  assert.equal(formatInstant(at, 'en'), '00:00:01, 1 Jan 2027\u00a0(GMT+7)');
});

test('a phone number shows two digits and the last three', () => {
  assert.equal(maskPhone('0900000001'), '09••\u00a0•••\u00a0001');
  assert.equal(maskPhone('+84900000001'), '09••\u00a0•••\u00a0001');
  assert.equal(maskPhone('12'), '•••');
});

test('a name shows the given name and initials', () => {
  assert.equal(maskHolderName('Nguyễn Thị An'), 'N••• T• AN');
  assert.equal(maskHolderName('  Vũ  Văn Giang '), 'V• V• GIANG');
  assert.equal(maskHolderName('Đào'.normalize('NFD')), 'Đ•');
  assert.equal(maskHolderName(''), '•••');
});
