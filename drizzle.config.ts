import { defineConfig } from 'drizzle-kit';

// `npx drizzle-kit generate --name WHAT_CHANGED` writes the next migration from the schemas.
export default defineConfig({
  dialect: 'sqlite',
  schema: [
    './src/adapters/sqlite_schema.ts',
    './src/adapters/sqlite_revocation_schema.ts',
    './src/adapters/sqlite_copy_schema.ts',
  ],
  out: './drizzle/sqlite',
});
