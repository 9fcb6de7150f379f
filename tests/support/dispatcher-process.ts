// A dispatcher in a process of its own, to be killed: it kills itself (-9) when it reaches the given point.
// Arguments: database URL, the time at which its clock stands, the point.

import { openDatabase } from '../../src/database/index.ts';
import { startDispatcher } from '../../src/notifications/index.ts';
import { createManualClock, createNotificationContext } from './notification-fixtures.ts';

const [url = '', now = '', point = ''] = process.argv.slice(2);
const context = createNotificationContext(openDatabase(url), createManualClock(now));
const reach = async (reached: string) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
};
startDispatcher({ ...context, reach }, { callbacks: { allowLoopback: true, requireHttps: false } });
