// Every mail that the gateway writes: its texts in both languages, and how long it is of use.

import type { Locale, Operator } from '../../../ground/terms.ts';
import { invitationEn } from './invitation.en.ts';
import { invitationVi } from './invitation.vi.ts';
import type { MailContent, MailTemplate, MailValues, MailWriter } from './mail-content.ts';
import { type RenderedMail, renderMail } from './mail-frame.ts';
import { newDeviceEn } from './new-device.en.ts';
import { newDeviceVi } from './new-device.vi.ts';
import { passwordChangedEn } from './password-changed.en.ts';
import { passwordChangedVi } from './password-changed.vi.ts';
import { passwordResetEn } from './password-reset.en.ts';
import { passwordResetVi } from './password-reset.vi.ts';
import { testMailEn } from './test-mail.en.ts';
import { testMailVi } from './test-mail.vi.ts';
import { verifyAddressEn } from './verify-address.en.ts';
import { verifyAddressVi } from './verify-address.vi.ts';

type Entry<Template extends MailTemplate> = Record<Locale, MailWriter<Template>> & {
  /** A mail with a link is of use while its link is, at most this long. */
  sentWithinMinutes: number;
};

/** Below a day, after which `retention` erases the text of whatever was not delivered. */
const aWorkingDayMinutes = 20 * 60;

const templates: { [Template in MailTemplate]: Entry<Template> } = {
  verify_address: { vi: verifyAddressVi, en: verifyAddressEn, sentWithinMinutes: aWorkingDayMinutes },
  password_reset: { vi: passwordResetVi, en: passwordResetEn, sentWithinMinutes: 60 },
  invitation: { vi: invitationVi, en: invitationEn, sentWithinMinutes: aWorkingDayMinutes },
  new_device: { vi: newDeviceVi, en: newDeviceEn, sentWithinMinutes: aWorkingDayMinutes },
  password_changed: { vi: passwordChangedVi, en: passwordChangedEn, sentWithinMinutes: aWorkingDayMinutes },
};

export const mailTemplateNames = Object.keys(templates) as readonly MailTemplate[];

export function writeMail<Template extends MailTemplate>(
  template: Template,
  locale: Locale,
  values: MailValues[Template],
): MailContent {
  return templates[template][locale](values);
}

/** After this a mail written at `now` with these values is of no use. */
export function mailDeadline<Template extends MailTemplate>(
  template: Template,
  values: MailValues[Template],
  now: Date,
): Date {
  const latest = new Date(now.getTime() + templates[template].sentWithinMinutes * 60_000);
  return 'validUntil' in values && values.validUntil < latest ? values.validUntil : latest;
}

/** A mail to look at, with a link that leads nowhere. */
export function sampleMailText(locale: Locale, publicUrl: string): RenderedMail {
  const validUntil = new Date('2026-11-23T07:32:11Z');
  const content = writeMail('password_reset', locale, {
    link: `${publicUrl}/portal/reset#k7Qm2vX`,
    validUntil,
  });
  return renderMail(content, { locale, operator: null });
}

/** What `vipay mail test` sends. */
export function renderTestMail({
  locale,
  operator,
  publicUrl,
}: {
  locale: Locale;
  operator: Operator | null;
  publicUrl: string;
}): RenderedMail {
  return renderMail(locale === 'vi' ? testMailVi(publicUrl) : testMailEn(publicUrl), { locale, operator });
}
