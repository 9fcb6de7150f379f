// Days, months and stamps in GMT+7 (Asia/Ho_Chi_Minh): cut-offs, limits and classic fields count in it. Pure.

/** Vietnam keeps GMT+7 the whole year, and has since 1975. */
const offsetMs = 7 * 3_600_000;

/** The wall clock in Vietnam, as '2026-11-23T00:00:05.000Z' would show it were it GMT. */
function wallClock(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString();
}

export type VietnamParts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>;

/** What the wall clock in Vietnam shows, in two digits each, the year in four. */
export function vietnamParts(at: Date): VietnamParts {
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] =
    wallClock(at).split(/[-T:.]/);
  return { year, month, day, hour, minute, second };
}

/** The day this moment falls on in Vietnam, as '2026-11-23'. */
export function vietnamDay(at: Date): string {
  return wallClock(at).slice(0, 10);
}

/** The first day of the month this moment falls in, as '2026-11-01'. */
export function vietnamMonth(at: Date): string {
  return `${vietnamDay(at).slice(0, 8)}01`;
}

/** 00:00:00 GMT+7 of the next day. */
export function startOfNextVietnamDay(at: Date): Date {
  const start = new Date(`${vietnamDay(at)}T00:00:00+07:00`);
  start.setUTCDate(start.getUTCDate() + 1);
  return start;
}

/** 00:00:00 GMT+7 of the first day of the next month. */
export function startOfNextVietnamMonth(at: Date): Date {
  const [year = 0, month = 1] = vietnamDay(at).split('-').map(Number);
  const next = month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, '0')}`;
  return new Date(`${next}-01T00:00:00+07:00`);
}

/** yyyyMMddHHmmss in GMT+7, the classic protocols' form. */
export function formatVietnamTimestamp(at: Date): string {
  return wallClock(at).slice(0, 19).replace(/[-T:]/g, '');
}
