// Whose traffic stays on this machine, so that it may go without TLS.

/** @param url - parsed: its IPv4 address is written in the one way that URLs have. */
export const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
