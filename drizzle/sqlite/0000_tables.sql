CREATE TABLE `agents` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_id` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`capped_at` integer
);
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`agent_id` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`revoked_by` text,
	`replaces` text,
	FOREIGN KEY (`agent_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `api_keys_by_agent` ON `api_keys` (`agent_id`);--> statement-breakpoint
CREATE TABLE `buttons` (
	`ref` text PRIMARY KEY NOT NULL,
	`card_id` text NOT NULL,
	`action` text NOT NULL,
	FOREIGN KEY (`card_id`) REFERENCES `cards`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `buttons_once` ON `buttons` (`card_id`,`action`);--> statement-breakpoint
CREATE TABLE `card_messages` (
	`seq` integer PRIMARY KEY NOT NULL,
	`card_id` text NOT NULL,
	`chat` text NOT NULL,
	`message_id` integer NOT NULL,
	`part` text NOT NULL,
	`place` integer NOT NULL,
	`rendering` text,
	`sent_at` integer NOT NULL,
	FOREIGN KEY (`card_id`) REFERENCES `cards`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `card_messages_once` ON `card_messages` (`chat`,`message_id`);--> statement-breakpoint
CREATE INDEX `card_messages_by_card` ON `card_messages` (`card_id`);--> statement-breakpoint
CREATE TABLE `cards` (
	`id` text PRIMARY KEY NOT NULL,
	`request_id` text,
	`chat` text NOT NULL,
	`topic` integer,
	`face` text NOT NULL,
	`whole_at` integer,
	`edited_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `cards_by_request` ON `cards` (`request_id`);--> statement-breakpoint
CREATE INDEX `cards_by_chat` ON `cards` (`chat`,`created_at`);--> statement-breakpoint
CREATE TABLE `channel_calls` (
	`seq` integer PRIMARY KEY NOT NULL,
	`chat` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `channel_calls_by_chat` ON `channel_calls` (`chat`,`at`);--> statement-breakpoint
CREATE INDEX `channel_calls_by_time` ON `channel_calls` (`at`);--> statement-breakpoint
CREATE TABLE `channel_states` (
	`id` text PRIMARY KEY NOT NULL,
	`heard_at` integer,
	`trouble` text,
	`trouble_at` integer
);
--> statement-breakpoint
CREATE TABLE `chats` (
	`id` text PRIMARY KEY NOT NULL,
	`moved_to` text,
	`held_until` integer,
	`closed` text
);
--> statement-breakpoint
CREATE TABLE `confirmations` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`person_id` text NOT NULL,
	`digest` text NOT NULL,
	`confirm_by` integer NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `confirmations_one_per_person` ON `confirmations` (`request_id`,`person_id`);--> statement-breakpoint
CREATE TABLE `decisions` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`person_id` text NOT NULL,
	`verdict` text NOT NULL,
	`digest` text NOT NULL,
	`reason_code` text,
	`reason_text` text,
	`answer` text,
	`source` text NOT NULL,
	`decided_at` integer NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `decisions_one_per_person` ON `decisions` (`request_id`,`person_id`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`channel` text NOT NULL,
	`kind` text NOT NULL,
	`chat` text NOT NULL,
	`topic` integer,
	`card_id` text,
	`subject` text NOT NULL,
	`body` text NOT NULL,
	`priority` integer NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`ambiguous` integer NOT NULL,
	`retries` integer NOT NULL,
	`due_at` integer NOT NULL,
	`fence` integer NOT NULL,
	`leased_by` text,
	`error` text,
	`created_at` integer NOT NULL,
	`settled_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_by_id` ON `deliveries` (`id`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`channel`,`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `deliveries_by_card` ON `deliveries` (`card_id`,`state`);--> statement-breakpoint
CREATE INDEX `deliveries_by_subject` ON `deliveries` (`subject`,`created_at`);--> statement-breakpoint
CREATE TABLE `event_details` (
	`seq` integer PRIMARY KEY NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`trace_id` text NOT NULL,
	`actor` text NOT NULL,
	`source` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail_hash` text NOT NULL,
	`prev_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_by_subject` ON `events` (`subject`,`seq`);--> statement-breakpoint
CREATE INDEX `events_by_action` ON `events` (`action`,`seq`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`id` integer PRIMARY KEY NOT NULL,
	`asked_by` text NOT NULL,
	`key` text NOT NULL,
	`submission_digest` text NOT NULL,
	`request_id` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_keys_once` ON `idempotency_keys` (`asked_by`,`key`);--> statement-breakpoint
CREATE TABLE `installation` (
	`id` text PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`paused_at` integer,
	`paused_by` text,
	`pause_reason` text,
	`acceptance_reason` text
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`fence` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `log_head` (
	`id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`hash` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `logins` (
	`id` text PRIMARY KEY NOT NULL,
	`code` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`person_id` text,
	`used_at` integer
);
--> statement-breakpoint
CREATE TABLE `names` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `permits` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`digest` text NOT NULL,
	`issued_at` integer NOT NULL,
	`taken_at` integer,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `permits_one_per_request` ON `permits` (`request_id`);--> statement-breakpoint
CREATE TABLE `policies` (
	`digest` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`loaded_at` integer NOT NULL,
	`loaded_by` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`version` integer NOT NULL,
	`generation` integer NOT NULL,
	`title` text,
	`reason` text,
	`asked_by` text NOT NULL,
	`owner_id` text,
	`payload` text NOT NULL,
	`effect` text,
	`effect_digest` text,
	`digest` text,
	`remarks` text NOT NULL,
	`tier` text,
	`demand` text,
	`policy_digest` text NOT NULL,
	`blockers` text NOT NULL,
	`mode` text,
	`is_test` integer NOT NULL,
	`supersedes` text,
	`agent_run_id` text,
	`joins` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`shown_at` integer,
	`decided_at` integer,
	`effect_by` integer,
	`ended_at` integer,
	`end_code` text,
	`end_text` text,
	`answer` text,
	`outcome` text,
	`trace_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `requests_by_state` ON `requests` (`state`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_by_age` ON `requests` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_by_asker` ON `requests` (`asked_by`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_open_by_asker` ON `requests` (`asked_by`,`state`);--> statement-breakpoint
CREATE INDEX `requests_by_effect` ON `requests` (`asked_by`,`effect_digest`,`state`);--> statement-breakpoint
CREATE INDEX `requests_by_expiry` ON `requests` (`state`,`expires_at`);--> statement-breakpoint
CREATE INDEX `requests_by_effect_by` ON `requests` (`state`,`effect_by`);--> statement-breakpoint
CREATE TABLE `seals` (
	`seq` integer PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`at` integer NOT NULL,
	`hash` text NOT NULL,
	`key_id` text NOT NULL,
	`signature` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`person_id` text NOT NULL,
	`kind` text NOT NULL,
	`opened_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`closed_at` integer
);
--> statement-breakpoint
CREATE TABLE `sign_in_links` (
	`id` text PRIMARY KEY NOT NULL,
	`person_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
);
--> statement-breakpoint
CREATE TABLE `updates` (
	`id` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`raw` text,
	`attempts` integer NOT NULL,
	`error` text,
	`received_at` integer NOT NULL,
	`due_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `updates_due` ON `updates` (`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `updates_by_age` ON `updates` (`received_at`);