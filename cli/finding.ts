// One line of `vipay doctor`.

export type Finding = { level: 'OK' | 'WARN' | 'FAIL'; check: string; found: string; advice?: string };

export function ok(check: string, found: string): Finding {
  return { level: 'OK', check, found };
}

export function warn(check: string, found: string, advice: string): Finding {
  return { level: 'WARN', check, found, advice };
}

export function fail(check: string, found: string, advice?: string): Finding {
  return { level: 'FAIL', check, found, ...(advice === undefined ? {} : { advice }) };
}
