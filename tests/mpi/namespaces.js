export const namespaceChecks = {};
