/** The scope that opens the administration. */
export const ADMIN_SCOPE = 'identity:admin';

/** Injection token of the name by which this service is an audience: its issuer. */
export const OWN_AUDIENCE = Symbol('OWN_AUDIENCE');
