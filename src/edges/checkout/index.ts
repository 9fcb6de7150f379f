export { type CheckoutOptions, registerCheckout } from './checkout-routes.ts';
