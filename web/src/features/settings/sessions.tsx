/** Where one is signed in, and signing out there. */
import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { browserName } from "@/shared/lib/browser-name";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { Failed, LoadingRows } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";

const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/sessions", { signal }))).data,
});

export function Sessions() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const settled = () => queries.invalidateQueries(sessionsQuery);
  const end = useMutation({
    mutationFn: (session_id: string) =>
      taken(client.DELETE("/api/app/sessions/{session_id}", { params: { path: { session_id } } })),
    onSuccess: settled,
  });
  const endOthers = useMutation({
    mutationFn: () => taken(client.DELETE("/api/app/sessions")),
    onSuccess: settled,
  });
  return (
    <Section title={t("settings.sessions")} lead={t("settings.sessionsLead")}>
      {sessions.isPending && <LoadingRows rows={2} />}
      {sessions.isError && <Failed error={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.data && (
        <Table aria-label={t("settings.sessions")}>
          <Table.Tbody>
            {sessions.data.map((session) => (
              <Table.Tr key={session.id}>
                <Table.Th scope="row" fw={400}>
                  <Text size="sm" lineClamp={1} title={session.user_agent ?? undefined}>
                    {browserName(session.user_agent) ?? t("common.unknown")}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {session.address} · {t("settings.seen")} <When at={session.seen_at} />
                  </Text>
                </Table.Th>
                <Table.Td ta="right">
                  {session.is_this ? (
                    <Badge>{t("settings.thisBrowser")}</Badge>
                  ) : (
                    <Button size="compact-sm" variant="default" onClick={() => end.mutate(session.id)}>
                      {t("shell.signOut")}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <FormFault error={end.error ?? endOthers.error} />
      {sessions.data && sessions.data.length > 1 && (
        <Group>
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("settings.endOthers")}
          </Button>
        </Group>
      )}
    </Section>
  );
}
