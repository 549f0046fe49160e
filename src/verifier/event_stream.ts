// Reads server-sent events off a response: the `data` of each, nothing else is needed. WHATWG HTML §9.2.6.
import { FetchRefusal } from './fetch_signed.ts';
import { later } from './later.ts';
import { until } from './until.ts';

/** Ends with an error when nothing comes for `idleSeconds`, one event is longer than `maxBytes`, or the signal says so. */
export const readEventStream = async function* (
  body: ReadableStream<Uint8Array>,
  idleSeconds: number,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  const read = async () => {
    let callOff = (): void => undefined;
    const idle = new Promise<never>((_, reject) => {
      callOff = later(idleSeconds, () => reject(new FetchRefusal(`No event came for ${idleSeconds} s.`)));
    });
    try {
      return await until(signal, Promise.race([reader.read(), idle]));
    } finally {
      callOff();
    }
  };
  try {
    for (let part = await read(); !part.done; part = await read()) {
      text += decoder.decode(part.value, { stream: true }).replaceAll('\r', '');
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const lines = event.split('\n').filter((line) => line.startsWith('data:'));
        if (lines.length > 0) yield lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
      }
      if (text.length > maxBytes) throw new FetchRefusal(`An event has more than ${maxBytes} bytes.`);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
};
