// A sender of mails in a process of its own, to be killed: it kills itself (-9) when it reaches the given point, or is
// killed by the test. Arguments: database URL, the time at which its clock stands, the mail server's port, the point.

import { startMailSender } from '../../src/business/messages/index.ts';
import { createContext } from '../../src/create-context.ts';
import { openDatabase } from '../../src/ground/database/index.ts';
import { createLogger } from '../../src/ground/log/index.ts';
import { cheapArgon2, testSecretKey } from './context.ts';

const [url = '', now = '', port = '', point = ''] = process.argv.slice(2);
const context = createContext(
  { publicUrl: 'http://localhost:8080', argon2: cheapArgon2 },
  {
    db: openDatabase(url),
    secretKey: testSecretKey,
    log: createLogger('silent'),
    clock: { now: () => new Date(now) },
  },
);
const reach = async (reached: string) => {
  if (reached === point) process.kill(process.pid, 'SIGKILL');
};
startMailSender(
  { ...context, reach },
  {
    server: { host: '127.0.0.1', port: Number(port), encryption: 'clear', signIn: null },
    from: { name: null, address: 'no-reply@pay.example.vn' },
    lanes: 1,
    pollMs: 20,
  },
);
