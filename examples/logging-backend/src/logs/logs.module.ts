import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { databaseOptions } from './database-options.js';
import { LogEntry } from './log-entry.js';
import { LogStore } from './log-store.js';
import { LogsController } from './logs.controller.js';

/** The log and the database that it is kept in. */
@Module({})
export class LogsModule {
  static forRoot(databaseUrl: string): DynamicModule {
    return {
      module: LogsModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: async () => ({ ...(await databaseOptions(databaseUrl)), retryAttempts: 0 }),
        }),
        TypeOrmModule.forFeature([LogEntry]),
      ],
      controllers: [LogsController],
      providers: [LogStore],
    };
  }
}
