// Every act that leaves a row in the audit log. docs/reference/audit-acts.md says the same, held by a test. Pure.

type ActRule = {
  /** What the act's subject is; its id is stored beside it. */
  subject: string;
  says: string;
  /** What `before` and `after` hold. */
  holds: string;
};

export const acts = {
  'site.created': {
    subject: 'site',
    says: 'a merchant site was made, with its first keys, and its merchant when new',
    holds: 'after: its settings, fee and merchant, and the kinds of its keys',
  },
  'site.changed': {
    subject: 'site',
    says: 'settings of a site were changed',
    holds: 'the settings that were given, as they were and as they are',
  },
  'site.suspended': { subject: 'site', says: 'a site was suspended', holds: 'its status' },
  'site.activated': { subject: 'site', says: 'the suspension of a site was taken back', holds: 'its status' },
  'site.key_rotated': {
    subject: 'site',
    says: 'a site was given new keys',
    holds: 'after: which kinds, and until when the former ones are valid',
  },
  'wallet.created': {
    subject: 'wallet',
    says: 'a wallet was made',
    holds: 'after: masked phone, status, whether identified, own limits',
  },
  'wallet.topped_up': {
    subject: 'wallet',
    says: 'money that had arrived was credited to a wallet',
    holds: "after: amount, transfer, the bank's reference",
  },
  'wallet.unlocked': {
    subject: 'wallet',
    says: 'the locks that wrong PINs and codes had set were ended',
    holds: 'before: until when codes were locked',
  },
  'notification.resent': {
    subject: 'notification',
    says: 'a result was put in line to be sent again',
    holds: 'status and attempts, and the site',
  },
  'key_ring.key_added': {
    subject: 'ring_key',
    says: 'the gateway began to seal with another key of its ring',
    holds: 'nothing; the subject is the id of the key',
  },
} as const satisfies Record<string, ActRule>;

export type ActName = keyof typeof acts;
