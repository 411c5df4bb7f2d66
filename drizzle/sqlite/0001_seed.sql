-- The rows that every installation has, and the triggers that keep the log as it was written.
INSERT INTO `installation` (`id`, `generation`) VALUES ('gaia', 1);
--> statement-breakpoint
INSERT INTO `log_head` (`id`, `seq`, `hash`, `at`) VALUES ('log', 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);
--> statement-breakpoint
CREATE TRIGGER `events_are_not_changed` BEFORE UPDATE ON `events` BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
--> statement-breakpoint
CREATE TRIGGER `events_are_not_deleted` BEFORE DELETE ON `events` BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `event_details_are_not_changed` BEFORE UPDATE ON `event_details` BEGIN SELECT RAISE(ABORT, 'event details are never changed'); END;
