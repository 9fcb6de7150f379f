// How orders come in: the two classic redirects and the REST API.

import type { FastifyInstance } from 'fastify';
import type { Context } from '../../ground/context.ts';
import { classicV1Path, registerClassicV1 } from './classic-v1-routes.ts';
import { classicV2Path, registerClassicV2 } from './classic-v2-routes.ts';
import { registerProblemPages } from './problem-pages.ts';
import { recordRefusals } from './refusals.ts';
import { registerRest } from './rest-routes.ts';

/** Hangs every entrance on a server made by `createServer`. Call before `ready` or `listen`. */
export function registerEntrances(app: FastifyInstance, context: Context): void {
  app.decorateRequest('site', null);
  app.decorateRequest('keyId', null);
  recordRefusals(app, context, [classicV1Path, classicV2Path]);
  registerClassicV1(app, context);
  registerClassicV2(app, context);
  registerRest(app, context);
  registerProblemPages(app, context);
}
