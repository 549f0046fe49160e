CREATE TABLE `client` (
	`client_id` text PRIMARY KEY NOT NULL,
	`client_name` text,
	`token_endpoint_auth_method` text NOT NULL,
	`grant_types` text NOT NULL,
	`redirect_uris` text NOT NULL,
	`scope` text NOT NULL,
	`resources` text NOT NULL,
	`client_secret_sha256` text,
	`previous_client_secret_sha256` text,
	`previous_client_secret_expires_at` integer,
	`client_id_issued_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `resource` (
	`resource` text PRIMARY KEY NOT NULL,
	`scope` text NOT NULL,
	`access_token_seconds` integer NOT NULL,
	`access_token_signing_alg` text NOT NULL,
	`claims` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `signing_key` (
	`alg` text NOT NULL,
	`slot` integer NOT NULL,
	`kid` text NOT NULL,
	`public_jwk` text NOT NULL,
	`private_jwe` text,
	`published_at` integer NOT NULL,
	`activates_at` integer NOT NULL,
	`longest_token_seconds` integer NOT NULL,
	`erased_at` integer,
	`revoked_at` integer,
	`revocation_reason` text,
	PRIMARY KEY(`alg`, `slot`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `signing_key_kid_unique` ON `signing_key` (`kid`);