-- The rows that every installation has, and the triggers that keep the log as it was written.
INSERT INTO "installation" ("id", "generation") VALUES ('gaia', 1);
--> statement-breakpoint
INSERT INTO "log_head" ("id", "seq", "hash", "at") VALUES ('log', 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);
--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the log stays as it was written', TG_OP, TG_TABLE_NAME;
END $$;
--> statement-breakpoint
CREATE TRIGGER "events_are_not_changed" BEFORE UPDATE OR DELETE ON "events" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "events_are_not_truncated" BEFORE TRUNCATE ON "events" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "event_details_are_not_changed" BEFORE UPDATE ON "event_details" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
