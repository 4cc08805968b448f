/** The scope that opens the administration. */
export const ADMIN_SCOPE = 'identity:admin';
