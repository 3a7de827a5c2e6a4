/** Why a form was not taken. A 401 or 403 can mean here that what was typed is wrong: then `wrong` says so. */
import { Alert, Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError, Declined } from "@/shared/api/client";
import { problemOf } from "@/shared/api/problems";
import { useErrorText } from "./error-text";

/** What is wrong is what was typed; a suspended account, say, is told as such. */
const TYPED = new Set<string | null>([null, "wrong_credentials", "passkey_refused", "proof_refused"]);

/** On a phone a long form ends below the fold, and what is wrong would not be seen; nor would it behind the top bar. */
function seen(alert: HTMLElement | null) {
  alert?.scrollIntoView?.({ block: "nearest" });
}

export function FormFault({ error, wrong }: { error: unknown; wrong?: string }) {
  const { t } = useTranslation();
  const text = useErrorText();
  if (!error || error instanceof Declined) return null;
  const isWrong =
    wrong !== undefined &&
    error instanceof ApiError &&
    (error.status === 401 || error.status === 403) &&
    TYPED.has(problemOf(error));
  return (
    <Alert
      ref={seen}
      color="red"
      variant="light"
      role="alert"
      style={{ whiteSpace: "pre-line", scrollMarginTop: 72 }}
    >
      {isWrong ? wrong : text(error)}{" "}
      {!isWrong && error instanceof ApiError && error.status === 401 && (
        // Beside this page, so that what was typed here is still there afterwards.
        <Anchor href="/sign-in" target="_blank" underline="always">
          {t("shell.signIn")}
        </Anchor>
      )}
    </Alert>
  );
}
