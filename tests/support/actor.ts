// Who acts in tests that do not ask who acted.

import type { Actor } from '../../src/business/audit/index.ts';

export const testActor: Actor = { kind: 'job', job: 'test' };
