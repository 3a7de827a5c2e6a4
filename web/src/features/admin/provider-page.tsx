/** `/admin/providers/{slug}`: a provider's keys with live tests and weights, how it is called, and all of it as a file. */
import { Anchor, Badge, Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, client, taken } from "@/shared/api/client";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { Facts } from "@/shared/ui/facts";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";
import { type Item, itemQuery, type ProviderState, providersQuery } from "./catalog-queries";
import { Consent, JsonEditor } from "./json-editor";
import { KeyForm } from "./key-form";
import { ProviderKeys } from "./provider-keys";

const route = getRouteApi("/admin/providers/$slug");

export function ProviderPage() {
  const { t } = useTranslation();
  const { slug } = route.useParams();
  const providers = useQuery(providersQuery);
  const item = useQuery(itemQuery("providers", slug));
  const state = providers.data?.find((each) => each.slug === slug);
  usePageTitle(state?.name ?? slug);
  // One that is only known has no entry of its own until a key is entered.
  const isMissing = item.error instanceof ApiError && item.error.status === 404;
  return (
    <>
      <LinkAnchor to="/admin/providers" size="sm">
        {t("admin.allProviders")}
      </LinkAnchor>
      <Loaded query={providers}>
        {() =>
          state ? (
            <>
              <PageTitle
                title={state.name}
                aside={
                  <Badge color={state.is_active ? "tide" : "gray"}>
                    {state.is_active ? t("admin.active") : t("admin.inactive")}
                  </Badge>
                }
              />
              <Stack gap={40}>
                <About state={state} />
                {!isMissing && (
                  <Loaded query={item}>
                    {(found) => (
                      <ProviderKeys key={`${found.mark} ${state.keys}`} state={state} item={found} />
                    )}
                  </Loaded>
                )}
                <Section title={t("admin.addKey")} lead={t("admin.addKeyLead")}>
                  <KeyForm provider={state} />
                </Section>
                {item.data && <Calling key={`c${item.data.mark}`} slug={slug} item={item.data} />}
                {item.data && (
                  <Section title={t("admin.catalog.everything")} wide>
                    <JsonEditor key={item.data.mark} kind="providers" name={slug} item={item.data} />
                  </Section>
                )}
                {state.keys.length > 0 && <Forget state={state} />}
              </Stack>
            </>
          ) : (
            <Empty isPage title={t("admin.noProvider")}>
              {t("admin.noProviderBody")}
            </Empty>
          )
        }
      </Loaded>
    </>
  );
}

function About({ state }: { state: ProviderState }) {
  const { t } = useTranslation();
  return (
    <Facts
      facts={[
        [
          t("admin.slug"),
          <code key="slug" className="mp-mono">
            {state.slug}
          </code>,
        ],
        [t("admin.models"), formatNumber(state.models)],
        ...(state.lacks
          ? [
              [t("admin.why"), t(`admin.lacks.${state.lacks}`, { name: state.environment ?? "env" })] as [
                string,
                string,
              ],
            ]
          : []),
        ...(state.environment
          ? [
              [
                t("admin.variable"),
                <code key="env" className="mp-mono">
                  {state.environment}
                </code>,
              ] as [string, React.ReactNode],
            ]
          : []),
        ...(state.docs
          ? [
              [
                t("admin.docs"),
                <Anchor key="docs" href={state.docs} rel="noreferrer" target="_blank">
                  {state.docs}
                </Anchor>,
              ] as [string, React.ReactNode],
            ]
          : []),
      ]}
    />
  );
}

/** How it is called: through a proxy, and how much at once. */
function Calling({ slug, item }: { slug: string; item: Item }) {
  const { t } = useTranslation();
  const { proxy, max_concurrency } = item.value;
  const [through, setThrough] = useState(typeof proxy === "string" ? proxy : "");
  const [most, setMost] = useState<number | string>(
    typeof max_concurrency === "number" ? max_concurrency : "",
  );
  const value = {
    ...item.value,
    proxy: through.trim() || null,
    max_concurrency: most === "" ? null : Number(most),
  };
  return (
    <Section title={t("admin.calling")}>
      <Stack gap="sm" maw={460}>
        <TextInput
          label={t("admin.proxy")}
          description={t("admin.proxyNote")}
          placeholder="socks5h://127.0.0.1:1080"
          value={through}
          onChange={(event) => setThrough(event.currentTarget.value)}
        />
        <NumberInput
          label={t("admin.atOnce")}
          description={t("admin.atOnceNote")}
          placeholder={t("common.none")}
          min={1}
          allowDecimal={false}
          value={most}
          onChange={setMost}
        />
        <Consent kind="providers" name={slug} value={value} mark={item.mark} />
      </Stack>
    </Section>
  );
}

function Forget({ state }: { state: ProviderState }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const remove = useMutation({
    mutationFn: () =>
      taken(
        client.DELETE("/api/admin/catalog/providers/{slug}/key", { params: { path: { slug: state.slug } } }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin"] }),
  });
  return (
    <Section title={t("admin.forget")}>
      <Text size="sm" c="dimmed">
        {t("admin.forgetLead")}
      </Text>
      <Group>
        <Button
          variant="outline"
          color="red"
          onClick={() =>
            setAsked({
              title: t("admin.forgetTitle", { name: state.name }),
              body: t("admin.forgetLead"),
              act: t("admin.forget"),
              name: state.slug,
              run: () => remove.mutateAsync(),
            })
          }
        >
          {t("admin.forget")}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
