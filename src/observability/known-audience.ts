/** Whether a client or a setting names an audience. */
export type KnownAudience = (audience: string) => boolean;

/** Injection token of {@link KnownAudience}; where nothing provides it, no audience counts by name. */
export const KNOWN_AUDIENCE = Symbol('KNOWN_AUDIENCE');
