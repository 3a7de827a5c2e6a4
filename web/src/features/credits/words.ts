/** What the server's short words about money are called. */
import { useTranslation } from "react-i18next";

const METHODS = ["card", "alipay", "wechat_pay", "bank_transfer"] as const;
const STATES = ["created", "pending", "paid", "failed", "expired", "canceled"] as const;
const CODES = [
  "topup",
  "voucher",
  "grant",
  "promotion",
  "refund",
  "dispute",
  "dispute_won",
  "expire",
  "repay",
] as const;
const FAILURES = ["authentication_required", "no_payment_method", "amount_mismatch", "lost"] as const;

export function useMoneyWords() {
  const { t } = useTranslation();
  return {
    method: (method: string | null) => {
      const known = METHODS.find((each) => each === method);
      return known ? t(`credits.methods.${known}`) : (method ?? "");
    },
    state: (status: string) => {
      const known = STATES.find((each) => each === status);
      return known ? t(`credits.states.${known}`) : status;
    },
    movement: (code: string) => {
      const known = CODES.find((each) => each === code);
      return known ? t(`credits.codes.${known}`) : code;
    },
    failure: (reason: string) => {
      const known = FAILURES.find((each) => each === reason);
      return known ? t(`credits.failures.${known}`) : t("credits.declined");
    },
  };
}
