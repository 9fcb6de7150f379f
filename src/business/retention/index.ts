export { trimTables } from './trim-tables.ts';
