/** Code and settings with a new key filled in, where one asks for it: made on the spot, and shown only here. */
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { KEY_NAME } from "@/shared/lib/snippets";
import { CopyableId } from "./copy";
import { FormFault } from "./form-fault";

interface Props {
  /** What the key is called. */
  name: string;
  made: string | undefined;
  take: (key: string) => void;
}

export function FreshKey({ name, made, take }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      taken(client.POST("/api/v1/keys", { body: { name, include_byok_in_limit: false, management: false } })),
    onSuccess: (answer) => {
      take(answer.key);
      return queries.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  if (made) {
    return (
      <Alert variant="light" title={t("keys.madeTitle")} role="status">
        <Text size="sm" mb={6}>
          {t("keys.once", { name })}
        </Text>
        <CopyableId id={made} what={t("keys.theKey")} />
      </Alert>
    );
  }
  return (
    <>
      <Group gap="sm">
        <Text size="sm" c="dimmed">
          {t("code.key", { name: KEY_NAME })}
        </Text>
        {me && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconKey size={15} />}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            {t("code.fillIn")}
          </Button>
        )}
      </Group>
      <FormFault error={create.error} />
    </>
  );
}
