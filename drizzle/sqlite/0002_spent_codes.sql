DROP INDEX `authorization_code_expires_at`;--> statement-breakpoint
CREATE INDEX `authorization_code_unspent_expires_at` ON `authorization_code` (`expires_at`) WHERE used_at is null;--> statement-breakpoint
CREATE INDEX `authorization_code_spent_family_id` ON `authorization_code` (`family_id`) WHERE used_at is not null;