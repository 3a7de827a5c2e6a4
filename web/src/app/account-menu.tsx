/** Who is signed in, and the pages that are theirs; or the way to sign in. */
import { Avatar, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconCheck, IconLogout } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { type Me, meQuery } from "@/shared/api/session";
import { LinkButton } from "@/shared/ui/links";
import { useOwnPlaces } from "./places";

export function AccountMenu() {
  const { t } = useTranslation();
  const me = useQuery(meQuery);
  const here = useRouterState({ select: (state) => state.location.href });
  if (me.data === undefined) return <span style={{ width: 32 }} />;
  if (me.data === null) {
    const to = here.startsWith("/sign-in") || here === "/" ? undefined : here;
    return (
      <LinkButton to="/sign-in" search={to ? { to } : {}} size="xs">
        {t("shell.signIn")}
      </LinkButton>
    );
  }
  return <SignedInMenu me={me.data} />;
}

function SignedInMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const places = useOwnPlaces(me);
  const signOut = useMutation({
    mutationFn: () => taken(client.POST("/api/app/auth/sign-out")),
    onSettled: async () => {
      await navigate({ to: "/" });
      await queries.resetQueries();
    },
  });
  const change = useMutation({
    mutationFn: (account_id: string) => taken(client.POST("/api/app/me/account", { body: { account_id } })),
    onSuccess: () => queries.resetQueries(),
  });
  const name = me.user.name || me.user.email;
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <UnstyledButton>
          <span className="mp-visually-hidden">{t("shell.accountOf", { name })}</span>
          <Avatar aria-hidden size={32} radius="xl" color="tide" name={name} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Text size="sm" px="sm" py={6} truncate>
          {me.user.email}
        </Text>
        {me.accounts.length > 1 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t("shell.account")}</Menu.Label>
            {me.accounts.map((account) => (
              <Menu.Item
                key={account.id}
                disabled={account.suspended}
                rightSection={account.id === me.account_id ? <IconCheck size={15} /> : null}
                onClick={() => change.mutate(account.id)}
              >
                {account.name}
              </Menu.Item>
            ))}
          </>
        )}
        <Menu.Divider />
        {places.map(({ to, label, icon: Icon }) => (
          <Menu.Item
            key={to}
            leftSection={<Icon size={16} stroke={1.7} />}
            onClick={() => void navigate({ to })}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.7} />} onClick={() => signOut.mutate()}>
          {t("shell.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
