export { type Policies, type PolicyRule, readPolicies, readRules, recallPolicies } from './policies.ts';
