// One gateway and one browser for all tests of a file.

import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/chromium.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

export type Stage = { gateway: TestGateway; browser: Browser };

/** Started before the file's first test and stopped after its last; read its parts inside tests only. */
export function useStage(): Stage {
  const stage = {} as Stage;
  // One after the other: whatever was started is known to be stopped, also when the next does not start.
  before(async () => {
    stage.gateway = await startTestGateway();
    stage.browser = await launchBrowser();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.gateway?.stop();
  });
  return stage;
}
