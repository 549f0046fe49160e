INSERT INTO "lock_row" ("name") VALUES ('revocations'), ('logins'), ('key_set_readers') ON CONFLICT DO NOTHING;
