// Text that no request changes: made and encoded once. Most bytes of a page are such text, and to encode them anew
// for each page would take longer than to make the page.

/** Part of many pages, as text and as the bytes that are sent. */
export class FixedText {
  readonly text: string;
  readonly bytes: Buffer;
  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.from(text);
  }
}

/**
 * Remembers what `make` returns for each key. For keys that are constants of this program, and for few of them:
 * nothing is ever forgotten.
 */
export function once<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
