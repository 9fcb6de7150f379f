export { followChanges } from './change-feed.ts';
export { type Columns, pickColumns, rowReader, selectList } from './columns.ts';
export { prepareDataDir } from './data-dir.ts';
export {
  type Database,
  type DbOrTx,
  type OpenDatabaseOptions,
  openClient,
  openDatabase,
  openPool,
  type Tx,
} from './database.ts';
export { classifyFault, isPassingFault, saysRolledBack } from './database-fault.ts';
export { readDatabaseMark } from './database-mark.ts';
export { type DatabaseWatch, watchDatabase } from './database-watch.ts';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  findEmbeddedPostgres,
  hasEmbeddedDatabase,
  openEmbeddedPostgres,
} from './embedded-postgres.ts';
export { findServerUser } from './embedded-postgres-files.ts';
export { examineServer, type ServerFinding } from './examine-server.ts';
export { countWaiting, fewConnections } from './few-connections.ts';
export { findWeakRights } from './find-weak-rights.ts';
export { describeFileFault, GroundFault } from './ground-fault.ts';
export { createGroupCommit, type GroupCommit, type GroupCommitOptions, QueueFull } from './group-commit.ts';
export { guardClock } from './guard-clock.ts';
export { hasPassed } from './has-passed.ts';
export { type Listener, listen } from './listen.ts';
export { type MigrateOptions, migrate, SchemaRefusal } from './migrate.ts';
export { findPlainAddress, requireTls } from './require-tls.ts';
export { retrying } from './retrying.ts';
export { createRowCache, type RowCache } from './row-cache.ts';
export type { Tables } from './tables.ts';
export { tellDatabaseFault } from './tell-fault.ts';
export { inPipelinedTransaction, inTransaction, unflushed, type Written } from './transaction.ts';
export { withLimits } from './with-limits.ts';
