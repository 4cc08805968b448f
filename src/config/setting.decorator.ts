/** What `.env.example` and docs/settings.md say about a setting. */
export interface SettingDocument {
  /** The effective value if it is not set; empty if there is none. */
  readonly byDefault: string;
  /** What it is for, in one or two sentences. */
  readonly about: string;
}

const documents = new Map<string, SettingDocument>();

/** Documents a setting next to its rules, so that the two cannot drift apart. */
export function Setting(document: SettingDocument): PropertyDecorator {
  return (_target, name) => {
    documents.set(String(name), document);
  };
}

/** All documented settings by name, in the order in which they are declared. */
export function settingDocuments(): ReadonlyMap<string, SettingDocument> {
  return documents;
}
