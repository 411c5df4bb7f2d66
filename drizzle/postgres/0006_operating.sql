CREATE TABLE "alert_messages" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"alert" text NOT NULL,
	"episode" integer NOT NULL,
	"chat" text NOT NULL,
	"message_id" bigint NOT NULL,
	"sent_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"name" text PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"since" bigint NOT NULL,
	"value" bigint,
	"checked_at" bigint NOT NULL,
	"fired_at" bigint,
	"episode" integer NOT NULL,
	"told_at" bigint,
	"edited_at" bigint,
	"delivery_id" text,
	"place" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "controls" (
	"ref" text PRIMARY KEY NOT NULL,
	"chat" text NOT NULL,
	"action" text NOT NULL,
	"created_at" bigint NOT NULL,
	"armed_by" text,
	"armed_until" bigint
);
--> statement-breakpoint
CREATE TABLE "counters" (
	"name" text PRIMARY KEY NOT NULL,
	"value" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metric_samples" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"metric" text NOT NULL,
	"at" bigint NOT NULL,
	"value" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"name" text PRIMARY KEY NOT NULL,
	"due_at" bigint NOT NULL,
	"started_at" bigint,
	"ended_at" bigint,
	"outcome" text,
	"said" text
);
--> statement-breakpoint
CREATE TABLE "silences" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"alert" text NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	"until" bigint NOT NULL,
	"reason" text,
	"ended_at" bigint,
	"ended_by" text
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "requeued_at" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "alert_messages_once" ON "alert_messages" USING btree ("chat","message_id");--> statement-breakpoint
CREATE INDEX "alert_messages_by_alert" ON "alert_messages" USING btree ("alert","episode");--> statement-breakpoint
CREATE UNIQUE INDEX "controls_once" ON "controls" USING btree ("chat","action");--> statement-breakpoint
CREATE INDEX "metric_samples_by_metric" ON "metric_samples" USING btree ("metric","at");--> statement-breakpoint
CREATE INDEX "metric_samples_by_age" ON "metric_samples" USING btree ("at");--> statement-breakpoint
CREATE INDEX "silences_by_alert" ON "silences" USING btree ("alert","until");--> statement-breakpoint
CREATE INDEX "deliveries_by_state" ON "deliveries" USING btree ("state","seq");