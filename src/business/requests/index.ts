export { type RefusedRequestInput, recordRefusedRequest, trimRefusedRequests } from './refused-requests.ts';
export type { RefusedRequest } from './request-queries.ts';
export { findRefusedRequest } from './request-queries.ts';
