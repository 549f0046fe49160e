ALTER TABLE "token_family" ADD COLUMN "secret_hash" text collate "C";--> statement-breakpoint
ALTER TABLE "refresh_token" ADD COLUMN "tells_family" boolean DEFAULT false NOT NULL;