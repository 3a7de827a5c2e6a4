/** Settings and groups of them that this app has words for. One that came with a newer server is shown by its name. */

const GROUPS = ["registration", "limits", "requests", "routing", "retention", "payments", "logs"] as const;
const NAMES = [
  "registration",
  "registration_domains",
  "sign_up_bonus",
  "session_days",
  "free_requests_per_minute",
  "free_requests_per_day",
  "free_requests_per_day_paid",
  "debt_blocks_account",
  "request_body_limit",
  "request_read_timeout",
  "response_body_limit",
  "event_limit",
  "fetch_limit",
  "keep_alive_comments",
  "keep_alive_interval",
  "attempts",
  "retries",
  "attempts_seconds",
  "attempt_seconds",
  "first_output_seconds",
  "hedge_seconds",
  "keep_generations_days",
  "keep_traces_days",
  "keep_usage_hours_days",
  "keep_usage_days",
  "topup_min",
  "topup_max",
  "topup_presets",
  "topup_fee_percent",
  "topup_fee_min",
  "cny_per_usd",
  "refund_if_spent",
  "seller_name",
  "seller_details",
  "log_level",
] as const;

export function groupOf(group: string): (typeof GROUPS)[number] | "other" {
  return GROUPS.find((each) => each === group) ?? "other";
}

export function labelOf(name: string): (typeof NAMES)[number] | undefined {
  return NAMES.find((each) => each === name);
}

const CHOICES = ["open", "invite", "domains", "closed", "refuse", "rest", "debt"] as const;

export function choiceOf(value: string): (typeof CHOICES)[number] | undefined {
  return CHOICES.find((each) => each === value);
}
