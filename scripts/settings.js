// Writes .env.example and the table of docs/settings.md from the settings class. Run by `npm run settings`.
import { readFileSync, writeFileSync } from 'node:fs';
import '../dist/config/environment.js';
import { environmentExample, settingsTable, withSettingsTable } from '../dist/config/reference.js';
import { settingDocuments } from '../dist/config/setting.decorator.js';

const example = new URL('../.env.example', import.meta.url);
const page = new URL('../docs/settings.md', import.meta.url);

writeFileSync(example, environmentExample(settingDocuments()));
writeFileSync(page, withSettingsTable(readFileSync(page, 'utf8'), settingsTable(settingDocuments())));
console.log('Wrote .env.example and the table of docs/settings.md');
