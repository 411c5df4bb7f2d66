CREATE TABLE `alert_messages` (
	`seq` integer PRIMARY KEY NOT NULL,
	`alert` text NOT NULL,
	`episode` integer NOT NULL,
	`chat` text NOT NULL,
	`message_id` integer NOT NULL,
	`sent_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_messages_once` ON `alert_messages` (`chat`,`message_id`);--> statement-breakpoint
CREATE INDEX `alert_messages_by_alert` ON `alert_messages` (`alert`,`episode`);--> statement-breakpoint
CREATE TABLE `alerts` (
	`name` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`since` integer NOT NULL,
	`value` integer,
	`checked_at` integer NOT NULL,
	`fired_at` integer,
	`episode` integer NOT NULL,
	`told_at` integer,
	`edited_at` integer,
	`delivery_id` text,
	`place` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `controls` (
	`ref` text PRIMARY KEY NOT NULL,
	`chat` text NOT NULL,
	`action` text NOT NULL,
	`created_at` integer NOT NULL,
	`armed_by` text,
	`armed_until` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `controls_once` ON `controls` (`chat`,`action`);--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_samples` (
	`seq` integer PRIMARY KEY NOT NULL,
	`metric` text NOT NULL,
	`at` integer NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `metric_samples_by_metric` ON `metric_samples` (`metric`,`at`);--> statement-breakpoint
CREATE INDEX `metric_samples_by_age` ON `metric_samples` (`at`);--> statement-breakpoint
CREATE TABLE `schedules` (
	`name` text PRIMARY KEY NOT NULL,
	`due_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`outcome` text,
	`said` text
);
--> statement-breakpoint
CREATE TABLE `silences` (
	`id` integer PRIMARY KEY NOT NULL,
	`alert` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`until` integer NOT NULL,
	`reason` text,
	`ended_at` integer,
	`ended_by` text
);
--> statement-breakpoint
CREATE INDEX `silences_by_alert` ON `silences` (`alert`,`until`);--> statement-breakpoint
ALTER TABLE `deliveries` ADD `requeued_at` integer;--> statement-breakpoint
CREATE INDEX `deliveries_by_state` ON `deliveries` (`state`,`seq`);