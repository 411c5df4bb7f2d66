CREATE TABLE `attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`intent_id` text NOT NULL,
	`number` integer NOT NULL,
	`target` text NOT NULL,
	`payload_hash` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer,
	`http_status` integer,
	`github_request_id` text,
	`outcome` text NOT NULL,
	`blocker` text,
	FOREIGN KEY (`intent_id`) REFERENCES `intents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `attempts_once` ON `attempts` (`intent_id`,`number`);--> statement-breakpoint
CREATE INDEX `attempts_by_target` ON `attempts` (`target`,`started_at`);--> statement-breakpoint
CREATE INDEX `attempts_by_time` ON `attempts` (`started_at`);--> statement-breakpoint
CREATE TABLE `checkpoints` (
	`seq` integer PRIMARY KEY NOT NULL,
	`number` integer NOT NULL,
	`sha256` text NOT NULL,
	`request_id` text NOT NULL,
	`approved_at` integer NOT NULL,
	`revoked_at` integer,
	`revoked_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `checkpoints_by_request` ON `checkpoints` (`request_id`);--> statement-breakpoint
CREATE INDEX `checkpoints_by_number` ON `checkpoints` (`number`);--> statement-breakpoint
CREATE TABLE `gates` (
	`seq` integer PRIMARY KEY NOT NULL,
	`run_id` text NOT NULL,
	`gate` text NOT NULL,
	`epoch` integer NOT NULL,
	`verdict` text NOT NULL,
	`head_sha` text NOT NULL,
	`artifacts` text NOT NULL,
	`recorded_by` text NOT NULL,
	`owner_id` text,
	`recorded_at` integer NOT NULL,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `gates_by_run` ON `gates` (`run_id`,`epoch`);--> statement-breakpoint
CREATE TABLE `intents` (
	`id` text PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`place` integer NOT NULL,
	`op` text NOT NULL,
	`target` text NOT NULL,
	`run_id` text,
	`key` text NOT NULL,
	`held_key` text,
	`payload_hash` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`looks` integer NOT NULL,
	`sent_at` integer,
	`due_at` integer NOT NULL,
	`outcome` text,
	`written` text,
	`blocker` text,
	`created_at` integer NOT NULL,
	`settled_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `intents_held_once` ON `intents` (`held_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `intents_by_request` ON `intents` (`request_id`,`place`);--> statement-breakpoint
CREATE INDEX `intents_by_key` ON `intents` (`key`);--> statement-breakpoint
CREATE INDEX `intents_by_state` ON `intents` (`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `intents_by_run` ON `intents` (`run_id`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`epoch` integer NOT NULL,
	`workspace` text NOT NULL,
	`remote` text NOT NULL,
	`repo` text NOT NULL,
	`head` text NOT NULL,
	`base` text NOT NULL,
	`head_sha` text,
	`started_by` text NOT NULL,
	`owner_id` text,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`end_text` text
);
--> statement-breakpoint
CREATE INDEX `runs_by_age` ON `runs` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `standings` (
	`request_id` text PRIMARY KEY NOT NULL,
	`blockers` text NOT NULL,
	`looked_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`looks` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `write_lanes` (
	`target` text PRIMARY KEY NOT NULL,
	`pinned_id` integer,
	`busy_until` integer NOT NULL,
	`wrote_at` integer NOT NULL,
	`held_until` integer NOT NULL,
	`limits` integer NOT NULL
);
