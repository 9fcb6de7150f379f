export { type Policies, type PolicyRule, readPolicies, recallPolicies } from './policies.ts';
