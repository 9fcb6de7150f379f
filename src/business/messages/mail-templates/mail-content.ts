// What a mail says, before it has a form: the templates write it, the frame makes text and HTML of the same words.

import { showText } from '../../../ground/text/index.ts';
import { vietnamParts } from '../../../ground/time/index.ts';

/** A paragraph, one thing to do, facts by name, or advice in small letters. */
export type MailBlock =
  | { text: string }
  | { action: string; href: string }
  | { facts: readonly (readonly [name: string, value: string])[] }
  | { advice: string };

export type MailContent = {
  subject: string;
  heading: string;
  blocks: readonly MailBlock[];
};

/** What each template is given. Links lead to this gateway; times are shown in Vietnam's. */
export type MailValues = {
  verify_address: { link: string; validUntil: Date };
  password_reset: { link: string; validUntil: Date };
  invitation: { inviterName: string; merchantName: string; link: string; validUntil: Date };
  new_device: { at: Date; device: string; address: string; link: string };
  password_changed: { at: Date; address: string; link: string };
};

export type MailTemplate = keyof MailValues;

export type MailWriter<Template extends MailTemplate> = (values: MailValues[Template]) => MailContent;

const nameCharactersMax = 80;

/**
 * What a stranger called themselves, for a mail to somebody else. Mail programs make links of whatever looks like an
 * address, so nothing here does: "evil.com/x" becomes "evil. com x".
 */
export function plainName(name: string): string {
  const parted = showText(name.normalize('NFKC'), 1_000)
    .replace(/[/\\:@<>]+/g, ' ')
    .replace(/[.\u3002\uff61](?=\S)(?!(?<=\d.)\d)/g, '. ');
  return showText(parted, nameCharactersMax);
}

/** "14:05 24/11/2026 (GMT+7)" */
export function mailTime(at: Date): string {
  const { year, month, day, hour, minute } = vietnamParts(at);
  return `${hour}:${minute} ${day}/${month}/${year} (GMT+7)`;
}
