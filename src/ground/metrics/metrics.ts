// The process's one registry of metrics: /metrics shows what any part of the gateway has registered here.

import { Registry } from '@prometheus-io/client';

export const metricsRegistry = new Registry();
