// The Content-Security-Policy of a page that trains.

/**
 * A policy that allows what a page needs and forbids the rest. `connect-src` is for kernels that are fetched, and for the
 * page's own report.
 * @param {{ scripts?: string, workers?: string }} [sources]
 */
export const policy = ({ scripts = "'self' 'wasm-unsafe-eval'", workers = "'self'" } = {}) =>
  `default-src 'none'; script-src ${scripts}; worker-src ${workers}; connect-src 'self'`;
