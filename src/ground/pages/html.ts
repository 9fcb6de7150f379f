// HTML as a value: a tagged template that escapes everything put into it. So nobody can forget to escape, and
// unescaped text is visible in the code (`raw`). Interpolate only into text and into double-quoted attribute
// values.

/** Markup that is already safe. Made by `html` and `raw` only. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

/** null, undefined and false print nothing, so `${condition && html`…`}` reads well; lists are joined. */
export type HtmlValue = Html | string | number | bigint | null | undefined | false | readonly HtmlValue[];

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Indentation of the source is no part of the page: it would be a fifth of its bytes.
const trimmed = new WeakMap<TemplateStringsArray, string[]>();

/** html`<p>${text}</p>` → Html, every interpolation escaped unless it is Html itself. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let parts = trimmed.get(strings);
  if (parts === undefined) {
    parts = strings.map((part) => part.replace(/\n\s*/g, '\n'));
    trimmed.set(strings, parts);
  }
  let markup = parts[0] ?? '';
  for (let i = 0; i < values.length; i++) markup += print(values[i]) + (parts[i + 1] ?? '');
  return new Html(markup);
}

/** Markup taken at its word. Only for constants of this program, never for anything a stranger sent. */
export function raw(markup: string): Html {
  return new Html(markup);
}

/** Text made harmless in HTML text and in quoted attribute values. NUL, which HTML cannot hold, is replaced. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char).replaceAll('\0', '\uFFFD');
}

function print(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(print).join('');
  return escapeHtml(String(value));
}
