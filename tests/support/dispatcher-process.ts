// A dispatcher in a process of its own, to be killed: it kills itself (-9) when it reaches the given point.
// Arguments: database URL, the time at which its clock stands, the point.

import { startDispatcher } from '../../src/business/notifications/index.ts';
import { openDatabase } from '../../src/ground/database/index.ts';
import { createManualClock, createNotificationContext } from './notification-fixtures.ts';

const [url = '', now = '', point = ''] = process.argv.slice(2);
const context = createNotificationContext(openDatabase(url), createManualClock(now));
const reach = async (reached: string) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
};
startDispatcher({ ...context, reach }, { callbacks: { allowLoopback: true, requireHttps: false } });
