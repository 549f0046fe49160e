import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Their names end in _total though they are gauges, or they say nothing that the others do not. */
const superfluous = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_requests',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_version_info',
];

/** What prom-client gathers of any process: processor time, memory, file descriptors, event loop, heap. */
export const collectProcessMetrics = (registry: Registry): void => {
  collectDefaultMetrics({ register: registry });
  for (const name of superfluous) registry.removeSingleMetric(name);
};
