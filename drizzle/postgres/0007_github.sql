CREATE TABLE "attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"intent_id" text NOT NULL,
	"number" integer NOT NULL,
	"target" text NOT NULL,
	"payload_hash" text NOT NULL,
	"started_at" bigint NOT NULL,
	"finished_at" bigint,
	"http_status" integer,
	"github_request_id" text,
	"outcome" text NOT NULL,
	"blocker" text
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"sha256" text NOT NULL,
	"request_id" text NOT NULL,
	"approved_at" bigint NOT NULL,
	"revoked_at" bigint,
	"revoked_by" text
);
--> statement-breakpoint
CREATE TABLE "gates" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"gate" text NOT NULL,
	"epoch" integer NOT NULL,
	"verdict" text NOT NULL,
	"head_sha" text NOT NULL,
	"artifacts" text NOT NULL,
	"recorded_by" text NOT NULL,
	"owner_id" text,
	"recorded_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "intents" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"place" integer NOT NULL,
	"op" text NOT NULL,
	"target" text NOT NULL,
	"run_id" text,
	"key" text NOT NULL,
	"held_key" text,
	"payload_hash" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"looks" integer NOT NULL,
	"sent_at" bigint,
	"due_at" bigint NOT NULL,
	"outcome" text,
	"written" text,
	"blocker" text,
	"created_at" bigint NOT NULL,
	"settled_at" bigint
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"epoch" integer NOT NULL,
	"workspace" text NOT NULL,
	"remote" text NOT NULL,
	"repo" text NOT NULL,
	"head" text NOT NULL,
	"base" text NOT NULL,
	"head_sha" text,
	"started_by" text NOT NULL,
	"owner_id" text,
	"created_at" bigint NOT NULL,
	"ended_at" bigint,
	"end_text" text
);
--> statement-breakpoint
CREATE TABLE "standings" (
	"request_id" text PRIMARY KEY NOT NULL,
	"blockers" text NOT NULL,
	"looked_at" bigint NOT NULL,
	"due_at" bigint NOT NULL,
	"looks" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "write_lanes" (
	"target" text PRIMARY KEY NOT NULL,
	"pinned_id" bigint,
	"busy_until" bigint NOT NULL,
	"wrote_at" bigint NOT NULL,
	"held_until" bigint NOT NULL,
	"limits" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_intent_id_intents_id_fk" FOREIGN KEY ("intent_id") REFERENCES "public"."intents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gates" ADD CONSTRAINT "gates_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "attempts_once" ON "attempts" USING btree ("intent_id","number");--> statement-breakpoint
CREATE INDEX "attempts_by_target" ON "attempts" USING btree ("target","started_at");--> statement-breakpoint
CREATE INDEX "attempts_by_time" ON "attempts" USING btree ("started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "checkpoints_by_request" ON "checkpoints" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "checkpoints_by_number" ON "checkpoints" USING btree ("number");--> statement-breakpoint
CREATE INDEX "gates_by_run" ON "gates" USING btree ("run_id","epoch");--> statement-breakpoint
CREATE UNIQUE INDEX "intents_held_once" ON "intents" USING btree ("held_key");--> statement-breakpoint
CREATE UNIQUE INDEX "intents_by_request" ON "intents" USING btree ("request_id","place");--> statement-breakpoint
CREATE INDEX "intents_by_key" ON "intents" USING btree ("key");--> statement-breakpoint
CREATE INDEX "intents_by_state" ON "intents" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "intents_by_run" ON "intents" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "runs_by_age" ON "runs" USING btree ("created_at","id");