import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One line of the log, as another service wrote it. */
@Entity('log_entry')
export class LogEntry {
  /** Later lines have higher numbers. */
  @PrimaryGeneratedColumn()
  id!: number;

  /** When it came, in the format of ISO 8601. */
  @Column({ type: 'varchar', length: 24 })
  time!: string;

  @Column({ type: 'varchar', length: 255 })
  service!: string;

  @Column({ type: 'varchar', length: 16 })
  level!: string;

  @Column({ type: 'text' })
  message!: string;

  @Column({ type: 'simple-json', nullable: true })
  context!: object | null;

  /** The `sub` of the token that it came with: what `service` says is the writer's own word. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  written_by!: string | null;
}
