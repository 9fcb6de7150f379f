export { type Policies, type PolicyRule, readPolicies } from './policies.ts';
