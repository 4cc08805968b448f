import { isJsonObject } from './strict-json.js';

/**
 * Applies a JSON Merge Patch (RFC 7396 §2): null removes a field, objects are merged, anything else replaces.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(Object.entries(isJsonObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Removes the fields that are null, also from objects within: as a description, they count as absent. */
export function withoutNull(object: Readonly<Record<string, unknown>>): unknown {
  return mergePatch({}, object);
}
