/** The places whose pages come from a server, in the order in which a browser goes through them. */
export const order = ["plain", "credentialless", "document", "frame", "service", "many", "http"];

/** A name that is not this machine's own, as a page's is that comes from another machine: by http, no secure context. */
export const otherHost = "genloom.test";
