/** `/welcome`: from a server that has just started to a first answer, a first key, and a first provider. */
import { Container, Group, Loader, Stack, Text } from "@mantine/core";
import { IconArrowRight, IconCheck, IconMessages, IconServer } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { isFree, modelsQuery } from "@/shared/api/models";
import { featuresQuery } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { snippets } from "@/shared/lib/snippets";
import { useSignedIn } from "@/shared/lib/use-signed-in";
import { CodeTabs } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { FreshKey } from "@/shared/ui/fresh-key";
import { LinkButton } from "@/shared/ui/links";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { progressQuery } from "./queries";
import classes from "./welcome.module.css";

const ASK_MS = 2000;

export function WelcomePage() {
  const { t } = useTranslation();
  usePageTitle(t("welcome.title"));
  const me = useSignedIn();
  // The local model starts while one reads: ask until it is there.
  const models = useQuery({
    ...modelsQuery,
    refetchInterval: ({ state }) => (state.data?.some(isFree) ? false : ASK_MS),
  });
  const features = useQuery(featuresQuery);
  const progress = useQuery({ ...progressQuery, enabled: Boolean(me) }).data;
  const [key, setKey] = useState<string>();
  if (!me) {
    return (
      <Container size="md" w="100%" py="xl">
        <LoadingRows rows={3} height={120} />
      </Container>
    );
  }
  const free = models.data?.find(isFree);
  const first = free ?? models.data?.[0];
  const others = models.data?.filter((model) => !isFree(model)).length ?? 0;
  return (
    <Container size="md" w="100%" py="xl">
      <PageTitle title={t("welcome.title")}>{t("welcome.lead", { email: me.user.email })}</PageTitle>
      {models.isError && <Failed error={models.error} retry={() => void models.refetch()} />}
      <Stack component="ol" gap="xl" className={classes.steps}>
        <Step number={1} done={progress?.isAnswered ?? false} title={t("welcome.model")}>
          {free ? (
            <>
              <Text c="dimmed">{t("welcome.modelReady")}</Text>
              <CopyableId id={free.id} />
              <Group>
                <LinkButton to="/chat" search={{ model: free.id }} leftSection={<IconMessages size={17} />}>
                  {t("welcome.talk")}
                </LinkButton>
              </Group>
            </>
          ) : features.data?.local_model === false ? (
            <Text c="dimmed">{t("welcome.modelNone")}</Text>
          ) : (
            <Group gap="sm" role="status">
              <Loader size="xs" />
              <Text c="dimmed">{t("welcome.modelStarts")}</Text>
            </Group>
          )}
        </Step>
        <Step number={2} done={key !== undefined || (progress?.isCalled ?? false)} title={t("welcome.key")}>
          <Text c="dimmed">{t("welcome.keyLead")}</Text>
          <FreshKey name={t("welcome.keyName")} made={key} take={setKey} />
          <CodeTabs blocks={snippets(first?.id ?? "author/model", key)} />
        </Step>
        {me.user.is_operator && (
          <Step number={3} done={others > 0} title={t("welcome.provider")}>
            <Text c="dimmed">
              {others > 0 ? t("welcome.providerDone", { count: others }) : t("welcome.providerLead")}
            </Text>
            <Group>
              <LinkButton to="/admin/providers" variant="default" leftSection={<IconServer size={17} />}>
                {t("admin.addKey")}
              </LinkButton>
              {others > 0 && (
                <LinkButton to="/models" variant="subtle" rightSection={<IconArrowRight size={16} />}>
                  {t("home.browse")}
                </LinkButton>
              )}
            </Group>
          </Step>
        )}
      </Stack>
    </Container>
  );
}

interface StepProps {
  number: number;
  done: boolean;
  title: string;
  children: ReactNode;
}

function Step({ number, done, title, children }: StepProps) {
  const { t } = useTranslation();
  return (
    <li className={classes.step}>
      <span className={classes.number} data-done={done || undefined}>
        {done ? <IconCheck size={17} role="img" aria-label={t("welcome.done")} /> : number}
      </span>
      <Stack gap="xs" miw={0}>
        <h2 className={classes.title}>{title}</h2>
        {children}
      </Stack>
    </li>
  );
}
