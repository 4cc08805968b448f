/** Every caller needs it. */
export const READ = 'notes:read';

/** Callers without it do not see the tools that change something. */
export const WRITE = 'notes:write';
