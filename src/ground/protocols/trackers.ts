// Parameters that browsers, in-app browsers and advertising tools append to any address they open. They
// belong to no order, so the classic entrances leave them out before the hash. The list is closed. Each
// dialect decides what any other unknown name means.

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

/** Upper or lower case makes no difference. No classic field may ever have one of these names. */
export function isTracker(name: string): boolean {
  const known = lowerAscii(name);
  return trackerNames.has(known) || /^utm_[a-z0-9_]{1,40}$/.test(known);
}
