// What the demo consists of: a merchant with a site of each protocol, and wallets that each behave in one way.
// The start page lists the same rows that are seeded.

import type { Protocol } from '../../business/merchants/index.ts';
import type { FeeSchedule } from '../../ground/money/index.ts';

export const demoMerchantName = 'Cửa hàng Sen Đá';

/** The PIN of every demo wallet. */
export const testPin = '246810';

export type DemoSite = {
  merchantSite: string;
  protocol: Protocol;
  /** Where this gateway takes the site's orders, and where under the shop's address it tells results. */
  entryPath: string;
  notifyPath: string;
};

export const demoSites: readonly DemoSite[] = [
  {
    merchantSite: 'shop_v1',
    protocol: 'classic-v1',
    entryPath: '/vipay/ecommerce',
    notifyPath: '/ipn/v1',
  },
  {
    merchantSite: 'shop_v2',
    protocol: 'classic-v2',
    entryPath: '/vipay_v2/initpay',
    notifyPath: '/ipn/v2',
  },
  { merchantSite: 'shop_rest', protocol: 'rest', entryPath: '/v3/orders', notifyPath: '/webhook' },
];

/** 1,1 % of the amount, at least 1.000 ₫, and 10 % VAT on it. */
export const demoFee: FeeSchedule = {
  ratePpm: 11_000n,
  fixedDong: 0n,
  minDong: 1_000n,
  maxDong: null,
  vatRatePpm: 100_000n,
};

export type DemoWalletBehaviour =
  | 'pays'
  | 'insufficient'
  | 'locked'
  | 'unidentified'
  | 'near_limit'
  | 'pays_too';

export type DemoWallet = {
  phone: string;
  holderName: string;
  behaviour: DemoWalletBehaviour;
  balanceDong: bigint;
  identified: boolean;
  status: 'active' | 'locked';
  limitDailyDong: bigint | null;
  /**
   * The id of the one transfer that fills the wallet. It is the same at every start, so no start fills it
   * twice.
   */
  topUpTransferId: string;
};

const ordinary = {
  balanceDong: 50_000_000n,
  identified: true,
  status: 'active',
  limitDailyDong: null,
} as const;

export const payingWallet: DemoWallet = {
  ...ordinary,
  phone: '0900000001',
  holderName: 'Nguyễn Thị An',
  behaviour: 'pays',
  topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900001',
};

export const demoWallets: readonly DemoWallet[] = [
  payingWallet,
  {
    ...ordinary,
    phone: '0900000002',
    holderName: 'Trần Văn Bình',
    behaviour: 'insufficient',
    balanceDong: 10_000n,
    topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900002',
  },
  {
    ...ordinary,
    phone: '0900000003',
    holderName: 'Lê Thị Cúc',
    behaviour: 'locked',
    status: 'locked',
    topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900003',
  },
  {
    ...ordinary,
    phone: '0900000004',
    holderName: 'Phạm Văn Dũng',
    behaviour: 'unidentified',
    identified: false,
    topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900004',
  },
  {
    ...ordinary,
    phone: '0900000005',
    holderName: 'Hoàng Thị Em',
    behaviour: 'near_limit',
    limitDailyDong: 50_000n,
    topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900005',
  },
  {
    ...ordinary,
    phone: '0900000006',
    holderName: 'Vũ Văn Giang',
    behaviour: 'pays_too',
    topUpTransferId: '0193b3e8-0001-7000-8000-5e0da0900006',
  },
];
