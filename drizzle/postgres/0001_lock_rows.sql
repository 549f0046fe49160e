INSERT INTO "lock_row" ("name") VALUES ('revocations'), ('logins') ON CONFLICT DO NOTHING;
