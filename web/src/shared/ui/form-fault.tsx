/** Why a form was not taken. A 401 or 403 can mean here that what was typed is wrong: then `wrong` says so. */
import { Alert } from "@mantine/core";
import { ApiError, Declined } from "@/shared/api/client";
import { useErrorText } from "./error-text";

export function FormFault({ error, wrong }: { error: unknown; wrong?: string }) {
  const text = useErrorText();
  if (!error || error instanceof Declined) return null;
  const isWrong =
    wrong !== undefined && error instanceof ApiError && (error.status === 401 || error.status === 403);
  return (
    <Alert color="red" variant="light" role="alert">
      {isWrong ? wrong : text(error)}
    </Alert>
  );
}
