/**
 * What settings are called, what they do and what they are counted in. A test on the server's side holds the texts to the
 * settings there are; one that came with a newer server is shown by its name and in the server's own words.
 */
import { useTranslation } from "react-i18next";
import type { Messages } from "@/shared/i18n/languages/en";

type Texts = Messages["system"];
type Name = keyof Texts["about"];
type Unit = keyof Texts["units"];

const UNITS: Partial<Record<Name, Unit>> = {
  sign_up_bonus: "usd",
  session_days: "days",
  free_requests_per_minute: "requests",
  free_requests_per_day: "requests",
  free_requests_per_day_paid: "requests",
  guest_requests_per_minute: "requests",
  guest_requests_per_day: "requests",
  guests_requests_per_day: "requests",
  request_body_limit: "bytes",
  request_read_timeout: "seconds",
  response_body_limit: "bytes",
  event_limit: "bytes",
  fetch_limit: "bytes",
  keep_alive_interval: "seconds",
  attempts: "endpoints",
  retries: "times",
  attempts_seconds: "seconds",
  attempt_seconds: "seconds",
  first_output_seconds: "seconds",
  hedge_seconds: "seconds",
  hedge_least_seconds: "seconds",
  keep_generations_days: "days",
  keep_traces_days: "days",
  keep_usage_hours_days: "days",
  keep_usage_days: "days",
  content_days_max: "days",
  topup_min: "usd",
  topup_max: "usd",
  topup_presets: "usd",
  topup_fee_percent: "percent",
  topup_fee_min: "usd",
  cny_per_usd: "cny",
};

interface Words {
  label: string;
  about: string;
}

export function useSettingWords(): {
  group: (group: string) => string;
  setting: (setting: { name: string; description: string }) => Words;
  choice: (value: string) => string;
} {
  const { t, i18n } = useTranslation();
  return {
    group: (group) =>
      t(
        `system.groups.${i18n.exists(`system.groups.${group}`) ? (group as keyof Texts["groups"]) : "other"}`,
      ),
    setting: ({ name, description }) => {
      if (!i18n.exists(`system.names.${name}`))
        return { label: name, about: description.replaceAll("`", "") };
      const known = name as Name;
      const unit = UNITS[known];
      const label = t(`system.names.${known}`);
      return {
        label: unit ? t("system.withUnit", { name: label, unit: t(`system.units.${unit}`) }) : label,
        about: t(`system.about.${known}`),
      };
    },
    choice: (value) =>
      i18n.exists(`system.choices.${value}`) ? t(`system.choices.${value as keyof Texts["choices"]}`) : value,
  };
}
