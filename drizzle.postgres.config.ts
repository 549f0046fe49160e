import { defineConfig } from 'drizzle-kit';

// `npx drizzle-kit generate --config drizzle.postgres.config.ts --name WHAT_CHANGED` writes the next migration of Postgres.
export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './src/adapters/postgres_schema.ts',
    './src/adapters/postgres_revocation_schema.ts',
    './src/adapters/postgres_copy_schema.ts',
  ],
  out: './drizzle/postgres',
});
