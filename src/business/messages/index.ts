export { type MailSenderOptions, type StartedMailSender, startMailSender } from './mail-sender.ts';
export type { MailTemplate, MailValues } from './mail-templates/mail-content.ts';
export { renderTestMail, sampleMailText } from './mail-templates/registry.ts';
export {
  listSandboxMessages,
  type Message,
  type MessagePurpose,
  readQueuedMessages,
  sendMessage,
} from './messages.ts';
export { type MailToQueue, type QueueMailResult, queueMail } from './queue-mail.ts';
