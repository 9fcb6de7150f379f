// The process's one registry of metrics: /metrics shows what any part of the gateway has registered here.

import { Registry } from 'prom-client';

export const metricsRegistry = new Registry();
