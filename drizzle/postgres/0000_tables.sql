CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	"capped_at" bigint
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"agent_id" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" bigint,
	"revoked_at" bigint,
	"revoked_by" text,
	"replaces" text
);
--> statement-breakpoint
CREATE TABLE "buttons" (
	"ref" text PRIMARY KEY NOT NULL,
	"card_id" text NOT NULL,
	"action" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "card_messages" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"card_id" text NOT NULL,
	"chat" text NOT NULL,
	"message_id" bigint NOT NULL,
	"part" text NOT NULL,
	"place" integer NOT NULL,
	"rendering" text,
	"sent_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cards" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text,
	"chat" text NOT NULL,
	"topic" integer,
	"face" text NOT NULL,
	"whole_at" bigint,
	"edited_at" bigint,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channel_calls" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"chat" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channel_states" (
	"id" text PRIMARY KEY NOT NULL,
	"heard_at" bigint,
	"trouble" text,
	"trouble_at" bigint
);
--> statement-breakpoint
CREATE TABLE "chats" (
	"id" text PRIMARY KEY NOT NULL,
	"moved_to" text,
	"held_until" bigint,
	"closed" text
);
--> statement-breakpoint
CREATE TABLE "confirmations" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"person_id" text NOT NULL,
	"digest" text NOT NULL,
	"confirm_by" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "decisions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"person_id" text NOT NULL,
	"verdict" text NOT NULL,
	"digest" text NOT NULL,
	"reason_code" text,
	"reason_text" text,
	"answer" text,
	"source" text NOT NULL,
	"decided_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"channel" text NOT NULL,
	"kind" text NOT NULL,
	"chat" text NOT NULL,
	"topic" integer,
	"card_id" text,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"priority" integer NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"ambiguous" integer NOT NULL,
	"retries" integer NOT NULL,
	"due_at" bigint NOT NULL,
	"fence" integer NOT NULL,
	"leased_by" text,
	"error" text,
	"created_at" bigint NOT NULL,
	"settled_at" bigint
);
--> statement-breakpoint
CREATE TABLE "event_details" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"detail" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"trace_id" text NOT NULL,
	"actor" text NOT NULL,
	"source" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail_hash" text NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"asked_by" text NOT NULL,
	"key" text NOT NULL,
	"submission_digest" text NOT NULL,
	"request_id" text NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" text PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL,
	"paused_at" bigint,
	"paused_by" text,
	"pause_reason" text,
	"acceptance_reason" text
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"fence" integer NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_head" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "logins" (
	"id" text PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"person_id" text,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "names" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"seen_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "permits" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"digest" text NOT NULL,
	"issued_at" bigint NOT NULL,
	"taken_at" bigint
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"digest" text PRIMARY KEY NOT NULL,
	"text" text NOT NULL,
	"loaded_at" bigint NOT NULL,
	"loaded_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"version" integer NOT NULL,
	"generation" integer NOT NULL,
	"title" text,
	"reason" text,
	"asked_by" text NOT NULL,
	"owner_id" text,
	"payload" text NOT NULL,
	"effect" text,
	"effect_digest" text,
	"digest" text,
	"remarks" text NOT NULL,
	"tier" text,
	"demand" text,
	"policy_digest" text NOT NULL,
	"blockers" text NOT NULL,
	"mode" text,
	"is_test" boolean NOT NULL,
	"supersedes" text,
	"agent_run_id" text,
	"joins" integer NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"shown_at" bigint,
	"decided_at" bigint,
	"effect_by" bigint,
	"ended_at" bigint,
	"end_code" text,
	"end_text" text,
	"answer" text,
	"outcome" text,
	"trace_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "seals" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL,
	"at" bigint NOT NULL,
	"hash" text NOT NULL,
	"key_id" text NOT NULL,
	"signature" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"kind" text NOT NULL,
	"opened_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"closed_at" bigint
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "updates" (
	"id" bigint PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"raw" text,
	"attempts" integer NOT NULL,
	"error" text,
	"received_at" bigint NOT NULL,
	"due_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "buttons" ADD CONSTRAINT "buttons_card_id_cards_id_fk" FOREIGN KEY ("card_id") REFERENCES "public"."cards"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "card_messages" ADD CONSTRAINT "card_messages_card_id_cards_id_fk" FOREIGN KEY ("card_id") REFERENCES "public"."cards"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cards" ADD CONSTRAINT "cards_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "confirmations" ADD CONSTRAINT "confirmations_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "permits" ADD CONSTRAINT "permits_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_agent" ON "api_keys" USING btree ("agent_id");--> statement-breakpoint
CREATE UNIQUE INDEX "buttons_once" ON "buttons" USING btree ("card_id","action");--> statement-breakpoint
CREATE UNIQUE INDEX "card_messages_once" ON "card_messages" USING btree ("chat","message_id");--> statement-breakpoint
CREATE INDEX "card_messages_by_card" ON "card_messages" USING btree ("card_id");--> statement-breakpoint
CREATE INDEX "cards_by_request" ON "cards" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "cards_by_chat" ON "cards" USING btree ("chat","created_at");--> statement-breakpoint
CREATE INDEX "channel_calls_by_chat" ON "channel_calls" USING btree ("chat","at");--> statement-breakpoint
CREATE INDEX "channel_calls_by_time" ON "channel_calls" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "confirmations_one_per_person" ON "confirmations" USING btree ("request_id","person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "decisions_one_per_person" ON "decisions" USING btree ("request_id","person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_by_id" ON "deliveries" USING btree ("id");--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("channel","state","due_at");--> statement-breakpoint
CREATE INDEX "deliveries_by_card" ON "deliveries" USING btree ("card_id","state");--> statement-breakpoint
CREATE INDEX "deliveries_by_subject" ON "deliveries" USING btree ("subject","created_at");--> statement-breakpoint
CREATE INDEX "events_by_subject" ON "events" USING btree ("subject","seq");--> statement-breakpoint
CREATE INDEX "events_by_action" ON "events" USING btree ("action","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "idempotency_keys_once" ON "idempotency_keys" USING btree ("asked_by","key");--> statement-breakpoint
CREATE UNIQUE INDEX "permits_one_per_request" ON "permits" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "requests_by_state" ON "requests" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "requests_by_age" ON "requests" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "requests_by_asker" ON "requests" USING btree ("asked_by","created_at","id");--> statement-breakpoint
CREATE INDEX "requests_open_by_asker" ON "requests" USING btree ("asked_by","state");--> statement-breakpoint
CREATE INDEX "requests_by_effect" ON "requests" USING btree ("asked_by","effect_digest","state");--> statement-breakpoint
CREATE INDEX "requests_by_expiry" ON "requests" USING btree ("state","expires_at");--> statement-breakpoint
CREATE INDEX "requests_by_effect_by" ON "requests" USING btree ("state","effect_by");--> statement-breakpoint
CREATE INDEX "updates_due" ON "updates" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "updates_by_age" ON "updates" USING btree ("received_at");