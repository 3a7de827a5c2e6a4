/** Calls a destination now, without traces, and says what it answered. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { FormFault } from "@/shared/ui/form-fault";

type Delivery = components["schemas"]["Delivery"];

/** Why something was not delivered; null where it was. */
export function useFailing(): (of: Pick<Delivery, "fault" | "failing">) => string | null {
  const { t } = useTranslation();
  return ({ fault, failing }) =>
    failing ? t(`failings.${failing}`, { status: fault?.replace(/\D/g, "") }) : fault;
}

export function TestCall({ id }: { id: string }) {
  const { t } = useTranslation();
  const words = useFailing();
  const test = useMutation({
    mutationFn: () =>
      taken(client.POST("/api/v1/observability/destinations/{id}/test", { params: { path: { id } } })),
  });
  return (
    <Group gap="sm">
      <Button size="compact-sm" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
        {t("admin.testNow")}
      </Button>
      {test.data && (
        <span role="status">
          <Badge color={test.data.ok ? "tide" : "red"}>
            {test.data.ok ? t("observability.ok") : t("observability.failed")}
          </Badge>{" "}
          <Text span size="xs" c="dimmed">
            {words(test.data) ?? test.data.status}
          </Text>
        </span>
      )}
      <FormFault error={test.error} />
    </Group>
  );
}
