export type { ActContent } from './act-content.ts';
export { type Actor, type ActorKind, actorKinds, type StoredActor } from './actor.ts';
export { type ActName, acts } from './acts.ts';
export { type AuditFault, type AuditFaultName, auditFaults } from './audit-faults.ts';
export { auditJobs, runAuditVerification, sealAudit } from './audit-jobs.ts';
export { listActs, type RecordedAct } from './list-acts.ts';
export { type NewAct, recordAct } from './record-act.ts';
export { type AuditVerification, verifyActs } from './verify-acts.ts';
