// Where the issuer has its endpoints, unless one is told another place.

/** @param path - with its slash; the issuer's own, at its end, is the same one. RFC 8414 §3.1. */
export const atIssuer = (issuer: string, path: string): string => issuer.replace(/\/$/, '') + path;
