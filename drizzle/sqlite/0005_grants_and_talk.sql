CREATE TABLE `comments` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`author` text NOT NULL,
	`text` text NOT NULL,
	`source` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `comments_by_request` ON `comments` (`request_id`,`id`);--> statement-breakpoint
CREATE TABLE `grants` (
	`id` text PRIMARY KEY NOT NULL,
	`agent_id` text NOT NULL,
	`effect_digest` text NOT NULL,
	`request_id` text NOT NULL,
	`generation` integer NOT NULL,
	`given_by` text NOT NULL,
	`given_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`uses_max` integer NOT NULL,
	`uses` integer NOT NULL,
	`ended_at` integer,
	`ended_by` text,
	`end_code` text,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `grants_by_effect` ON `grants` (`agent_id`,`effect_digest`,`ended_at`);--> statement-breakpoint
CREATE INDEX `grants_by_end` ON `grants` (`ended_at`,`expires_at`);--> statement-breakpoint
CREATE TABLE `reminders` (
	`request_id` text PRIMARY KEY NOT NULL,
	`sent` integer NOT NULL,
	`snoozed_until` integer,
	`snoozed_by` text,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `requests` ADD `grant_id` text;