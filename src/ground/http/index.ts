export { cookieName, isSentByAnotherOrigin } from './browser-trust.ts';
export { type ErrorKind, isApiPath, toProblem } from './errors.ts';
export { registerHealth } from './health.ts';
export { type MetricsAccess, registerMetrics } from './metrics-route.ts';
export { encodeProblem, type FieldError, ProblemError, type ProblemSlug, problems } from './problems.ts';
export { createServer } from './server.ts';
