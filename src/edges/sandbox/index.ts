export { payingWallet, testPin } from './demo-data.ts';
export { type DemoShop, type DemoShopOptions, startDemoShop } from './demo-shop.ts';
export { registerSandbox, type SandboxOptions } from './sandbox-routes.ts';
export { type SeedOptions, seedSandbox } from './seed-sandbox.ts';
export type { ShopSite } from './shop-credentials.ts';
export { startPath } from './start-page.ts';
