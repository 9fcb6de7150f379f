// What a verification of the audit log can find wrong, each by its name. Pure.

export const auditFaults = {
  act_changed: 'an act is not what it was when its checkpoint was made',
  act_removed: 'an act that was sealed is gone',
  act_inserted: 'an act stands among sealed ones and was not there when they were sealed',
  act_not_sealed: 'an act was written or changed by somebody who is not the gateway',
  checkpoint_changed: 'a checkpoint is not as it was sealed',
  checkpoint_removed: 'checkpoints are missing',
} as const;

export type AuditFaultName = keyof typeof auditFaults;

export type AuditFault = {
  fault: AuditFaultName;
  /** The number of the act, or of the checkpoint. */
  number: bigint;
  detail: string;
};
