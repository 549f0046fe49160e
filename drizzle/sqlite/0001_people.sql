CREATE TABLE `audit_event` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`sub` text,
	`client_id` text,
	`sid` text,
	`address` text,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_event_sub` ON `audit_event` (`sub`);--> statement-breakpoint
CREATE INDEX `audit_event_client_id` ON `audit_event` (`client_id`);--> statement-breakpoint
CREATE TABLE `authorization_code` (
	`code_hash` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`sub` text NOT NULL,
	`sid` text NOT NULL,
	`scope` text NOT NULL,
	`resource` text NOT NULL,
	`auth_time` integer NOT NULL,
	`acr` text NOT NULL,
	`amr` text NOT NULL,
	`nonce` text,
	`id_token_claims` text NOT NULL,
	`userinfo_claims` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`code_challenge` text,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`family_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `authorization_code_sub_client_id` ON `authorization_code` (`sub`,`client_id`);--> statement-breakpoint
CREATE INDEX `authorization_code_expires_at` ON `authorization_code` (`expires_at`);--> statement-breakpoint
CREATE TABLE `consent` (
	`sub` text NOT NULL,
	`client_id` text NOT NULL,
	`scope` text NOT NULL,
	`claims` text NOT NULL,
	`resources` text NOT NULL,
	`granted_at` integer NOT NULL,
	PRIMARY KEY(`sub`, `client_id`)
);
--> statement-breakpoint
CREATE INDEX `consent_client_id` ON `consent` (`client_id`);--> statement-breakpoint
CREATE TABLE `denied_token` (
	`jti` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `denied_token_expires_at` ON `denied_token` (`expires_at`);--> statement-breakpoint
CREATE TABLE `end_user` (
	`sub` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`email` text,
	`email_verified` integer NOT NULL,
	`password_hash` text,
	`password_changed_at` integer,
	`claims` text NOT NULL,
	`roles` text NOT NULL,
	`locked_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `end_user_username_unique` ON `end_user` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `end_user_email_unique` ON `end_user` (`email`);--> statement-breakpoint
CREATE TABLE `interaction` (
	`id_hash` text PRIMARY KEY NOT NULL,
	`browser_hash` text NOT NULL,
	`parameters` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`account_chosen_at` integer,
	`consented_at` integer
);
--> statement-breakpoint
CREATE INDEX `interaction_expires_at` ON `interaction` (`expires_at`);--> statement-breakpoint
CREATE TABLE `logout_delivery` (
	`id` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`sub` text NOT NULL,
	`sid` text,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `logout_delivery_next_attempt_at` ON `logout_delivery` (`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `rate_limit` (
	`key` text PRIMARY KEY NOT NULL,
	`arrival_at` real NOT NULL,
	`allowed` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rate_limit_arrival_at` ON `rate_limit` (`arrival_at`);--> statement-breakpoint
CREATE TABLE `refresh_token` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`family_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `refresh_token_family_id` ON `refresh_token` (`family_id`);--> statement-breakpoint
CREATE INDEX `refresh_token_answered_used_at` ON `refresh_token` (`used_at`) WHERE answer is not null;--> statement-breakpoint
CREATE TABLE `session` (
	`session_hash` text PRIMARY KEY NOT NULL,
	`sid` text NOT NULL,
	`sub` text NOT NULL,
	`browser_hash` text NOT NULL,
	`auth_time` integer NOT NULL,
	`amr` text NOT NULL,
	`acr` text NOT NULL,
	`user_agent` text,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `session_sid_unique` ON `session` (`sid`);--> statement-breakpoint
CREATE INDEX `session_sub_browser_hash` ON `session` (`sub`,`browser_hash`);--> statement-breakpoint
CREATE INDEX `session_expires_at` ON `session` (`expires_at`);--> statement-breakpoint
CREATE TABLE `token_family` (
	`family_id` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`sub` text NOT NULL,
	`sid` text NOT NULL,
	`scope` text NOT NULL,
	`resource` text NOT NULL,
	`auth_time` integer NOT NULL,
	`acr` text NOT NULL,
	`amr` text NOT NULL,
	`nonce` text,
	`id_token_claims` text NOT NULL,
	`userinfo_claims` text NOT NULL,
	`offline` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ended_at` integer,
	`end_reason` text
);
--> statement-breakpoint
CREATE INDEX `token_family_sid` ON `token_family` (`sid`);--> statement-breakpoint
CREATE INDEX `token_family_sub_client_id` ON `token_family` (`sub`,`client_id`);--> statement-breakpoint
CREATE INDEX `token_family_client_id` ON `token_family` (`client_id`);--> statement-breakpoint
CREATE INDEX `token_family_expires_at` ON `token_family` (`expires_at`);--> statement-breakpoint
CREATE INDEX `token_family_ended_at` ON `token_family` (`ended_at`) WHERE ended_at is not null;--> statement-breakpoint
ALTER TABLE `client` ADD `application_type` text DEFAULT 'web' NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `serves` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `first_party` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `dangerously_allow_no_pkce` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `id_token_signed_response_alg` text DEFAULT 'RS256' NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `userinfo_signed_response_alg` text;--> statement-breakpoint
ALTER TABLE `client` ADD `id_token_claims` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `post_logout_redirect_uris` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `client` ADD `backchannel_logout_uri` text;--> statement-breakpoint
ALTER TABLE `client` ADD `backchannel_logout_session_required` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `resource` ADD `access_token_claims` text DEFAULT '[]' NOT NULL;