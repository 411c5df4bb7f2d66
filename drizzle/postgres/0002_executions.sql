CREATE TABLE "executions" (
	"request_id" text PRIMARY KEY NOT NULL,
	"place" text NOT NULL,
	"effect_digest" text NOT NULL,
	"started_at" bigint NOT NULL,
	"stop_asked_at" bigint,
	"stop_asked_by" text,
	"reminded_at" bigint,
	"settled_at" bigint
);
--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "executions_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "executions_by_settled" ON "executions" USING btree ("settled_at");--> statement-breakpoint
CREATE INDEX "executions_by_effect" ON "executions" USING btree ("effect_digest","settled_at");