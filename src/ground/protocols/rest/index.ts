// The signed parts of the REST dialect: webhooks and the browser's return.

export { checkReturnUrl } from '../return-url.ts';
export { buildRestReturnUrl, restReturnNames, verifyRestReturn } from './return.ts';
export { encodeOrderEvent, signWebhook, webhookHeaders } from './webhook.ts';
