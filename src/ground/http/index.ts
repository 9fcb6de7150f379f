export { type ErrorKind, isApiPath, toProblem } from './errors.ts';
export { registerHealth } from './health.ts';
export { encodeProblem, ProblemError, type ProblemSlug, problems } from './problems.ts';
export { createServer } from './server.ts';
