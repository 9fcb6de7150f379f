// Chooses the language for a browser whose language is not known yet.

import type { Locale } from '../terms.ts';

/**
 * `?lang=` if it names one of ours, else whichever of `vi` and `en` the browser's `Accept-Language` prefers,
 * else Vietnamese. Takes the header as received, weights included.
 */
export function chooseLocale(lang: unknown, acceptLanguage: string | undefined): Locale {
  if (lang === 'vi' || lang === 'en') return lang;
  let best: { locale: Locale; weight: number } | null = null;
  for (const part of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
    const language = range.split('-', 1)[0];
    if (language !== 'vi' && language !== 'en') continue;
    const quality = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1]).find(Boolean);
    const weight = quality === undefined ? 1 : Number(quality);
    if (weight > (best?.weight ?? 0)) best = { locale: language, weight };
  }
  return best?.locale ?? 'vi';
}
