CREATE TABLE "database_copy" (
	"id" bigint PRIMARY KEY NOT NULL,
	"kind" text collate "C" NOT NULL,
	"at" bigint NOT NULL,
	"other" text collate "C"
);
