import { type DynamicModule, Module } from '@nestjs/common';
import { TokenClient, TokenClientModule } from '@acme/identity-client/token-client';
import { AdviceController } from './advice.controller.js';
import { LoggingBackend } from './logging-backend.js';
import type { Settings } from './settings.js';

/** A service that gives advice, and keeps its log elsewhere. */
@Module({})
export class AppModule {
  static forRoot({ identity, loggingUrl }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [TokenClientModule.forRoot(identity)],
      controllers: [AdviceController],
      providers: [
        {
          provide: LoggingBackend,
          inject: [TokenClient],
          useFactory: (tokens: TokenClient) => new LoggingBackend(tokens, loggingUrl),
        },
      ],
    };
  }
}
