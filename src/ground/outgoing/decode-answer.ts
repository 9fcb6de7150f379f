// Takes the compression off an answer. We ask for none (`Accept-Encoding: identity`), and some servers compress all the
// same. Never more comes out than an answer may hold: what swells beyond that is too large, as if it had been sent so.

import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';

export type Decoded =
  | { ok: true; bytes: Buffer }
  /** `unknown`: a compression we don't read, or several. `broken`: not what the header says. */
  | { ok: false; fault: 'too_large' | 'unknown' | 'broken'; encoding: string };

type Decode = (bytes: Buffer, options: ZlibOptions) => Buffer;

/** Some servers send the bare stream under this name, others the one with zlib's head (RFC 9110, 8.4.1.2). */
const inflateEither: Decode = (bytes, options) =>
  ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
    ? inflateSync(bytes, options)
    : inflateRawSync(bytes, options);

const decoders: Record<string, Decode> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateEither,
};

const encodingLengthMax = 40;

/** At once and not in the thread pool: at most `maxBytes` come out. An empty body is empty, whatever it claims. */
export function decodeAnswer(bytes: Buffer, contentEncoding: string | undefined, maxBytes: number): Decoded {
  const encodings = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity' && name !== 'none');
  if (encodings.length === 0 || bytes.length === 0) return { ok: true, bytes };
  const encoding = encodings.join(', ').slice(0, encodingLengthMax);
  const decode = encodings.length === 1 && Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decode === undefined) return { ok: false, fault: 'unknown', encoding };
  try {
    return { ok: true, bytes: decode(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, fault: isTooLarge ? 'too_large' : 'broken', encoding };
  }
}
