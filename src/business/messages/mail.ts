// A mail as a row: what is sealed in its body, when it is tried again, and what may come of an attempt. Pure.

import type { RenderedMail } from './mail-templates/mail-frame.ts';

/** Sealed as JSON. Written at the queueing, so that every attempt sends the same bytes under the same Message-ID. */
export type MailBody = RenderedMail;

export function encodeMailBody(body: MailBody): Buffer {
  return Buffer.from(JSON.stringify(body));
}

export function decodeMailBody(bytes: Buffer): MailBody {
  return JSON.parse(bytes.toString()) as MailBody;
}
