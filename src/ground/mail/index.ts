export { composeMail, type Mail } from './compose-mail.ts';
export { type MailSender, parseMailAddress, parseMailSender } from './mail-address.ts';
export { type SmtpOutcome, smtpOutcome } from './smtp-outcome.ts';
export { parseSmtpUrl, type SmtpServer, tellSmtpServer } from './smtp-server.ts';
export { openSmtpSession, type SmtpLimits, type SmtpSession, smtpLimitsDefault } from './smtp-session.ts';
