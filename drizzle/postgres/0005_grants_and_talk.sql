CREATE TABLE "comments" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"author" text NOT NULL,
	"text" text NOT NULL,
	"source" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"id" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"effect_digest" text NOT NULL,
	"request_id" text NOT NULL,
	"generation" integer NOT NULL,
	"given_by" text NOT NULL,
	"given_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"uses_max" integer NOT NULL,
	"uses" integer NOT NULL,
	"ended_at" bigint,
	"ended_by" text,
	"end_code" text
);
--> statement-breakpoint
CREATE TABLE "reminders" (
	"request_id" text PRIMARY KEY NOT NULL,
	"sent" integer NOT NULL,
	"snoozed_until" bigint,
	"snoozed_by" text
);
--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "grant_id" text;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reminders" ADD CONSTRAINT "reminders_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "comments_by_request" ON "comments" USING btree ("request_id","id");--> statement-breakpoint
CREATE INDEX "grants_by_effect" ON "grants" USING btree ("agent_id","effect_digest","ended_at");--> statement-breakpoint
CREATE INDEX "grants_by_end" ON "grants" USING btree ("ended_at","expires_at");