export { type RefusedRequestInput, recordRefusedRequest } from './refused-requests.ts';
export { findRefusedRequest, listRefusedRequests, type RefusedRequest } from './request-queries.ts';
