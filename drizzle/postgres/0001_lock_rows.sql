INSERT INTO "lock_row" ("name") VALUES ('revocations'), ('logins'), ('key_set_readers'), ('logout_deliveries') ON CONFLICT DO NOTHING;
