// The signed parts of the REST dialect: webhooks and the browser's return.

export { checkReturnUrl, returnUrlLengthMax } from '../return-url.ts';
export { buildRestReturnUrl, verifyRestReturn } from './return.ts';
export { encodeOrderEvent, signWebhook, webhookHeaders } from './webhook.ts';
