ALTER TABLE `refresh_token` ADD `tells_family` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `token_family` ADD `secret_hash` text;