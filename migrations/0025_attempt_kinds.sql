-- Why: an attempt to deliver a result says by name what came of it (certificate_expired, answer_html …); the six
-- outcomes are what it is counted under.
-- Old code: runs on, and leaves the column empty. Locks: notification_attempts for a moment, no row is read.

alter table notification_attempts add column kind text;
comment on column notification_attempts.kind is 'One of the kinds in docs/guides/answering-notifications.md; null: written before there were any';
