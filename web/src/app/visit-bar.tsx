/** An operator looks in as somebody else: said on every page, with the way back. */
import { Button, Group, Text } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { When } from "@/shared/ui/time";
import classes from "./visit-bar.module.css";

export function VisitBar() {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => taken(client.POST("/api/app/auth/visit/end")),
    onSettled: async () => {
      await navigate({ to: "/admin/users" });
      await queries.resetQueries();
    },
  });
  if (!me?.visit) return null;
  return (
    <Group className={classes.bar} role="status" gap="sm" justify="center">
      <IconEye size={18} aria-hidden />
      <Text size="sm">
        {t("shell.visiting", { name: me.user.name || me.user.email })} {t("shell.visitEnds")}{" "}
        <When at={me.visit.until} />
      </Text>
      <Button
        size="compact-sm"
        variant="white"
        color="dark"
        loading={end.isPending}
        onClick={() => end.mutate()}
      >
        {t("shell.endVisit")}
      </Button>
    </Group>
  );
}
