export { type RefusedRequestInput, recordRefusedRequest } from './refused-requests.ts';
export { findRefusedRequest, type RefusedRequest } from './request-queries.ts';
