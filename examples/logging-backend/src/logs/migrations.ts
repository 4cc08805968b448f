import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';

/** The table of the log, the same on SQLite, PostgreSQL and MySQL. */
export class Logs1764201600000 implements MigrationInterface {
  readonly name = 'Logs1764201600000';

  async up(runner: QueryRunner): Promise<void> {
    // On the others a whole database has one set of characters.
    const text = runner.dataSource.options.type === 'mysql' ? { charset: 'utf8mb4' } : {};
    const table = new Table({
      name: 'log_entry',
      columns: [
        { name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
        { name: 'time', type: 'varchar', length: '24' },
        { name: 'service', type: 'varchar', length: '255', ...text },
        { name: 'level', type: 'varchar', length: '16' },
        { name: 'message', type: 'text', ...text },
        { name: 'context', type: 'text', isNullable: true, ...text },
        { name: 'written_by', type: 'varchar', length: '255', isNullable: true, ...text },
      ],
    });
    await runner.createTable(table, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('log_entry', true);
  }
}
