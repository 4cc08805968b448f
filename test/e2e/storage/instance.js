// One of several instances that start together; it is copied next to the compiled sources. It opens the
// database of each message, makes a change in it, and replies with what it found.
import { Database } from './src/database/database.js';
import { ClientTable } from './src/database/entities.js';
import { databaseOptions, openDatabase } from './src/database/open-database.js';
import { TypeOrmRecordStore } from './src/database/typeorm-record-store.js';

process.on('message', async (/** @type {string} */ url) => {
  try {
    const dataSource = await openDatabase(await databaseOptions(url));
    const store = new TypeOrmRecordStore(new Database(dataSource), ClientTable);
    const { value } = await store.change('shared', (current) => ({ starts: (current?.starts ?? 0) + 1 }));
    const migrations = await dataSource.query('SELECT name FROM identity_migration ORDER BY id');
    await dataSource.destroy();
    process.send?.({ migrations: migrations.map(({ name }) => name), starts: value.starts });
  } catch (error) {
    process.send?.({ error: `${error.message} ${error.cause?.message}` });
  }
});
process.send?.('ready');
