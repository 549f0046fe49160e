CREATE TABLE `leased_turns` (
	`list_id` text NOT NULL,
	`turn` integer NOT NULL,
	`count` integer NOT NULL,
	`client_id` text NOT NULL,
	PRIMARY KEY(`list_id`, `turn`)
);
--> statement-breakpoint
CREATE INDEX `leased_turns_client_id` ON `leased_turns` (`client_id`);--> statement-breakpoint
CREATE TABLE `revocation_mark` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`nonce` text NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`not_before` integer,
	`marked_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `revocation_mark_kind_value` ON `revocation_mark` (`kind`,`value`);--> statement-breakpoint
CREATE INDEX `revocation_mark_marked_at` ON `revocation_mark` (`marked_at`);--> statement-breakpoint
CREATE TABLE `revoked_turns` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`list_id` text NOT NULL,
	`turn` integer NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `revoked_turns_list_id` ON `revoked_turns` (`list_id`);--> statement-breakpoint
CREATE TABLE `status_list` (
	`list_id` text PRIMARY KEY NOT NULL,
	`secret` text NOT NULL,
	`places` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `status_list_expires_at` ON `status_list` (`expires_at`);--> statement-breakpoint
ALTER TABLE `client` ADD `tokens_not_before` integer;--> statement-breakpoint
ALTER TABLE `refresh_token` ADD `list_id` text;--> statement-breakpoint
ALTER TABLE `refresh_token` ADD `turn` integer;--> statement-breakpoint
ALTER TABLE `resource` ADD `status_list` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `token_family` ADD `list_id` text;--> statement-breakpoint
ALTER TABLE `token_family` ADD `turn` integer;