// What is kept and logged of a mail server's words: short, without addresses and without what looks like a secret. Pure.

const keptMax = 160;
/** Mail addresses, addresses of the web, long runs of digits, and what is long and has no words. */
const personal = /<?[^\s<>]{0,64}@[^\s<>]{1,190}>?|https?:\/\/\S+|\d(?:[ .-]?\d){6,}|[A-Za-z0-9+/_=-]{24,}/g;

export function maskReply(reply: string): string {
  return reply
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(personal, '…')
    .slice(0, keptMax)
    .trim();
}
