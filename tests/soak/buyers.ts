// Who comes to the checkout, and what each of them does there. A buyer looks at the page and does the next thing they
// have in mind; when the page does not come they try again, as people do, and at last they leave.

import type { SeededRandom } from '../support/seeded-random.ts';
import type { PageKind, Tab } from './soak-browser.ts';

export type Errand = {
  name: string;
  phone: string;
  pin: string;
  amountDong: number;
  wrongPins?: number;
  wrongCodes?: number;
  /** Leaves for good when this page comes. */
  leavesAt?: PageKind;
  /** Presses "cancel" when this page comes. */
  cancelsAt?: PageKind;
  /** Loads each page once more before doing anything. */
  reloads?: boolean;
  /** Does the last step in two tabs at once. */
  twoTabs?: boolean;
  /** In the second tab the order is cancelled instead. */
  cancelsMeanwhile?: boolean;
};

export type BuyersWorld = {
  /** The newest code that was sent to this phone. */
  readCode(phone: string): Promise<string | null>;
  pause(): Promise<unknown>;
  random: SeededRandom;
  /** Told of what a calm gateway would not show. */
  noteShown(what: 'busy' | 'outcome not known' | 'away'): void;
  /** Then everybody leaves, wherever they are. */
  isOver(): boolean;
};

const stepsMax = 25;
const awayMax = 12;

/** How the visit ended: the page that was seen last, or that the buyer left before. */
export async function runErrand(tab: Tab, errand: Errand, world: BuyersWorld): Promise<PageKind | 'left'> {
  let { wrongPins = 0, wrongCodes = 0 } = errand;
  let away = 0;
  let kind = await tab.open();
  for (let step = 0; step < stepsMax && kind !== 'result'; step += 1) {
    if (world.isOver()) return 'left';
    await world.pause();
    if (kind === 'away' || kind === 'other' || kind === 'processing') {
      away += 1;
      if (kind !== 'other') world.noteShown(kind === 'away' ? 'away' : 'outcome not known');
      if (away > awayMax) return kind;
      await world.pause();
      kind = await tab.reload();
      continue;
    }
    if (kind === errand.leavesAt) return 'left';
    if (kind === errand.cancelsAt && tab.can('cancel')) {
      kind = await tab.press('cancel');
      continue;
    }
    if (errand.reloads) {
      const again = await tab.reload();
      if (again !== kind) {
        kind = again;
        continue;
      }
    }
    switch (kind) {
      case 'sign_in': {
        const pin = wrongPins > 0 ? '135791' : errand.pin;
        wrongPins -= 1;
        kind = await tab.press('sign-in', { phone: errand.phone, pin });
        break;
      }
      case 'confirm':
        kind = errand.twoTabs ? await inTwoTabs(tab, errand, 'confirm', {}) : await tab.press('confirm');
        if (kind === 'confirm') world.noteShown('busy');
        break;
      case 'code': {
        const right = await world.readCode(errand.phone);
        if (right === null) return 'left';
        const otp = wrongCodes > 0 ? otherThan(right) : right;
        wrongCodes -= 1;
        kind = errand.twoTabs
          ? await inTwoTabs(tab, errand, 'code', { otp })
          : await tab.press('code', { otp });
        break;
      }
      case 'refusal':
        kind = await afterRefusal(tab, world);
        break;
    }
  }
  return kind;
}

/** The same button in both at the same moment, or "cancel" in the second. */
async function inTwoTabs(
  tab: Tab,
  { cancelsMeanwhile = false }: Errand,
  step: string,
  typed: Record<string, string>,
): Promise<PageKind> {
  const second = tab.openTab();
  await second.reload();
  const other = cancelsMeanwhile ? 'cancel' : step;
  await Promise.all([
    tab.press(step, typed),
    second.can(other) ? second.press(other, cancelsMeanwhile ? {} : typed) : null,
  ]);
  return tab.reload();
}

/** Some try again, the others go back to their shop. */
async function afterRefusal(tab: Tab, { random }: BuyersWorld): Promise<PageKind> {
  const steps = ['retry', 'sign-out', 'give-up', 'give-up', 'cancel'].filter((step) => tab.can(step));
  if (steps.length === 0) return tab.reload();
  return tab.press(random.pick(steps));
}

function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0');
}
