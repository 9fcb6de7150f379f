// Parameters that browsers, in-app browsers and advertising tools append to any address they open. They belong to
// nobody's order: the classic entrances leave them out before the hash. The list is closed; every other unknown
// name stays what its dialect says.

import { lowerAscii } from './raw-query.ts';

/** Google (also Analytics), Facebook and Instagram, Zalo, TikTok, Microsoft, X, LinkedIn, Yandex, mail tools. */
const trackerNames = new Set(
  [
    '_ga _gl _gac gclid gclsrc dclid gbraid wbraid gad gad_source gad_campaignid srsltid',
    'fbclid fb_action_ids fb_action_types fb_source igshid igsh mibextid',
    'zarsrc zclid ttclid msclkid twclid li_fat_id yclid _openstat',
    'mc_cid mc_eid _hsenc _hsmi mkt_tok',
  ].flatMap((line) => line.split(' ')),
);

/** Without regard to case. None of them is, or may become, a name of a classic field. */
export function isTracker(name: string): boolean {
  const known = lowerAscii(name);
  return trackerNames.has(known) || /^utm_[a-z0-9_]{1,40}$/.test(known);
}
