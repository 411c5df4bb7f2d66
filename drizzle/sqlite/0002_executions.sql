CREATE TABLE `executions` (
	`request_id` text PRIMARY KEY NOT NULL,
	`place` text NOT NULL,
	`effect_digest` text NOT NULL,
	`started_at` integer NOT NULL,
	`stop_asked_at` integer,
	`stop_asked_by` text,
	`reminded_at` integer,
	`settled_at` integer,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `executions_by_settled` ON `executions` (`settled_at`);--> statement-breakpoint
CREATE INDEX `executions_by_effect` ON `executions` (`effect_digest`,`settled_at`);