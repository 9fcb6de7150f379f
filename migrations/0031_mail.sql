-- Why: messages by mail wait in their rows until a mail server has taken them: when they are due, who sends them now, how
-- long they are of use, and what the server said last.
-- Old code: runs on; it writes text messages alone, which have none of this. Locks: messages for a moment, then while its
-- index is built over mails that are queued (there are none).

alter table messages
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz,
  add column leased_until timestamptz,
  add column deadline_at timestamptz,
  add column handed_over integer not null default 0,
  add column last_outcome text;

comment on column messages.next_attempt_at is 'Mails that are queued: when the next attempt is due';
comment on column messages.leased_until is 'Mails: until then the process that claimed the row sends it';
comment on column messages.deadline_at is 'Mails: after it the message is of no use, and is given up';
comment on column messages.handed_over is 'Mails: attempts that began to hand over the text, and whose answer is not known';
comment on column messages.last_outcome is 'Mails: what came of the last attempt, by name and in short; addresses masked';

alter table messages add constraint messages_mail_scheduled check (
  channel <> 'email' or status <> 'queued' or (next_attempt_at is not null and deadline_at is not null)) not valid;
create index messages_mail_due on messages (next_attempt_at) where channel = 'email' and status = 'queued';
