CREATE TABLE `key_event` (
	`seq` integer PRIMARY KEY NOT NULL,
	`kid` text NOT NULL,
	`event` text NOT NULL,
	`jws` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `key_event_kid_event` ON `key_event` (`kid`,`event`);--> statement-breakpoint
CREATE TABLE `key_set_reader` (
	`reader` text NOT NULL,
	`kid` text NOT NULL,
	`fetches` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`reader`, `kid`)
);
--> statement-breakpoint
CREATE INDEX `key_set_reader_last_at` ON `key_set_reader` (`last_at`);