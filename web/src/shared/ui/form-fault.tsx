/** Why a form was not taken. A 401 or 403 can mean here that what was typed is wrong: then `wrong` says so. */
import { Alert, Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError, Declined } from "@/shared/api/client";
import { useErrorText } from "./error-text";

export function FormFault({ error, wrong }: { error: unknown; wrong?: string }) {
  const { t } = useTranslation();
  const text = useErrorText();
  if (!error || error instanceof Declined) return null;
  const isWrong =
    wrong !== undefined && error instanceof ApiError && (error.status === 401 || error.status === 403);
  return (
    <Alert color="red" variant="light" role="alert">
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
