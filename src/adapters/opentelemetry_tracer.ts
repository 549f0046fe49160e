// Tracer with OpenTelemetry, sent by OTLP over HTTP. Loaded only where an endpoint is configured: it is 40 ms and some
// megabytes. The exporter reads its own OTEL_EXPORTER_OTLP_* variables. Attributes follow the stable HTTP and database
// conventions, without URL, query and address.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { OperatorError } from '../errors.ts';
import type { Tracer } from '../seams/tracer.ts';

const usualMethods: ReadonlySet<string | undefined> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
const closeMilliseconds = 2000;

/** OTEL_TRACES_SAMPLER's values, of which the SDK itself reads none. */
const samplers: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

export interface TracerOptions {
  /** As in OTEL_TRACES_SAMPLER, and the ratio of OTEL_TRACES_SAMPLER_ARG. */
  readonly sampler: string;
  readonly ratio: number;
  /** How long spans are gathered before they are sent (OTEL_BSP_SCHEDULE_DELAY). */
  readonly delayMilliseconds: number;
}

const samplerOf = ({ sampler, ratio }: TracerOptions): Sampler => {
  const make = samplers[sampler];
  if (make === undefined)
    throw new OperatorError(
      `OTEL_TRACES_SAMPLER is ${JSON.stringify(sampler)}; expected one of ${Object.keys(samplers).join(', ')}.`,
    );
  if (!(ratio >= 0 && ratio <= 1))
    throw new OperatorError('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, the share of requests to trace.');
  return make(ratio);
};

/** What goes on from the peer's own span, where it sent a good one. */
const contextOf = (traceparent: string | undefined, tracestate: string | undefined): Context => {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (parent === null) return ROOT_CONTEXT;
  const traceState = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, ...traceState, isRemote: true });
};

const fail = (span: Span, type: string): void => {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
};

/** @throws {OperatorError} when the sampler is none that there is. */
export const createOpenTelemetryTracer = (options: TracerOptions): Tracer => {
  const exporter = new OTLPTraceExporter();
  const provider = new TracerProvider({
    sampler: samplerOf(options),
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'keyturn' }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: options.delayMilliseconds })],
  });
  const tracer = provider.getTracer('keyturn');
  const served = new AsyncLocalStorage<Context>();

  return {
    beginRequest: (method, requestId, traceparent, tracestate) => {
      const name = usualMethods.has(method) && method !== undefined ? method : '_OTHER';
      const attributes = { 'http.request.method': name, 'keyturn.request_id': requestId };
      const parent = contextOf(traceparent, tracestate);
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
      const context = trace.setSpan(parent, span);
      return {
        run: (work) => served.run(context, work),
        end: (endpoint, status) => {
          span.updateName(`${name} ${endpoint}`);
          span.setAttribute('keyturn.endpoint', endpoint);
          if (status === 'aborted') fail(span, 'aborted');
          else {
            span.setAttribute('http.response.status_code', status);
            if (status >= 500) fail(span, `${status}`);
          }
          span.end();
        },
      };
    },
    storeCall: async (verb, call) => {
      const parent = served.getStore();
      if (parent === undefined) return call();
      const span = tracer.startSpan(verb, { kind: SpanKind.CLIENT, attributes: { 'db.operation.name': verb } }, parent);
      try {
        return await call();
      } catch (error) {
        fail(span, error instanceof Error ? error.name : 'unknown');
        throw error;
      } finally {
        span.end();
      }
    },
    close: async () => {
      const wait = new Promise<void>((resolve) => {
        setTimeout(resolve, closeMilliseconds).unref();
      });
      await Promise.race([provider.shutdown().catch(() => undefined), wait]);
    },
  };
};
