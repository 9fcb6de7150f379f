// HTML by template, escaped unless it is HTML already. Nothing else in the shop puts text into a page.

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | Part[] | string | number | null | false;

/** Every inserted value is escaped (text and quoted attributes); Html is inserted as it is, null and false as nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, part, index) => `${text}${show(parts[index - 1] ?? null)}${part}`));
}

function show(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(show).join('');
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
