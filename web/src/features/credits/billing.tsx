/** Monthly statements, files of everything, and the buyer's details on receipts. */
import { Button, Group, Select, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { IconFileTypeCsv, IconFileTypePdf } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { currentLanguage } from "@/shared/i18n";
import { exactColumn, negated } from "@/shared/lib/exact";
import { mailLanguage } from "@/shared/lib/mail-language";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { monthsQuery, type Profile, profileQuery, statementQuery } from "./queries";
import { useMoneyWords } from "./words";

const FILES = ["transactions", "orders", "usage"] as const;

export function Billing() {
  const { t } = useTranslation();
  const months = useQuery(monthsQuery);
  const profile = useQuery(profileQuery);
  return (
    <Stack gap={36}>
      <Section title={t("credits.statements.title")} lead={t("credits.statements.lead")}>
        <Loaded query={months} rows={3}>
          {(known) => <Statement months={known} />}
        </Loaded>
      </Section>
      <Section title={t("credits.files.title")} lead={t("credits.files.lead")}>
        <Group gap="xs">
          {FILES.map((name) => (
            <FileButton
              key={name}
              href={`/api/app/payments/${name}.csv`}
              label={t(`credits.files.${name}`)}
            />
          ))}
        </Group>
      </Section>
      <Section title={t("credits.buyer.title")} lead={t("credits.buyer.lead")}>
        <Loaded query={profile} rows={4}>
          {(known) => <BuyerForm profile={known} />}
        </Loaded>
      </Section>
    </Stack>
  );
}

function FileButton({ href, label, isPdf }: { href: string; label: string; isPdf?: boolean }) {
  const Icon = isPdf ? IconFileTypePdf : IconFileTypeCsv;
  return (
    <Button
      component="a"
      href={href}
      download
      variant="default"
      leftSection={<Icon size={17} stroke={1.6} />}
    >
      {label}
    </Button>
  );
}

function monthName(month: string): string {
  const at = new Date(`${month}-01T00:00:00Z`);
  return at.toLocaleDateString(currentLanguage(), { year: "numeric", month: "long", timeZone: "UTC" });
}

function Statement({ months }: { months: string[] }) {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const [month, setMonth] = useState(months[0] ?? "");
  const statement = useQuery(statementQuery(month));
  return (
    <Stack gap="sm">
      <Select
        label={t("credits.statements.month")}
        maw={260}
        allowDeselect={false}
        value={month}
        data={months.map((value) => ({ value, label: monthName(value) }))}
        onChange={(value) => setMonth(value ?? month)}
      />
      <Loaded query={statement} rows={3}>
        {(made) => (
          <>
            <Sum
              lines={[
                [t("credits.statements.opening"), made.opening],
                ...Object.entries(made.movements).map(([code, usd]): [string, string] => [
                  words.movement(code),
                  usd,
                ]),
                [t("credits.statements.used"), negated(made.used)],
                [t("credits.statements.closing"), made.closing],
              ]}
            />
            {!made.complete && (
              <Text size="sm" c="dimmed">
                {t("credits.statements.soFar")}
              </Text>
            )}
          </>
        )}
      </Loaded>
      <Group gap="xs">
        <FileButton
          isPdf
          href={`/api/app/payments/statements/${month}.pdf?language=${mailLanguage()}`}
          label={t("credits.statements.pdf")}
        />
        <FileButton href={`/api/app/payments/statements/${month}.csv`} label={t("credits.statements.csv")} />
      </Group>
    </Stack>
  );
}

/** Lines of which the last is the sum of the others. */
function Sum({ lines }: { lines: [string, string][] }) {
  const { t } = useTranslation();
  const amounts = exactColumn(lines.map(([, usd]) => usd));
  return (
    <Table aria-label={t("credits.statements.title")} maw={460} verticalSpacing={6} horizontalSpacing={0}>
      <Table.Tbody>
        {lines.map(([name], index) => (
          <Table.Tr key={name} fw={index === lines.length - 1 ? 650 : undefined}>
            <Table.Th scope="row" fw="inherit">
              {name}
            </Table.Th>
            <Table.Td className="mp-num">{amounts[index]}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function BuyerForm({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(profile);
  const set = (part: Partial<Profile>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => taken(client.PUT("/api/app/payments/profile", { body: draft })),
    onSuccess: (now) => queries.setQueryData(profileQuery.queryKey, now),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={520}>
        <TextInput
          label={t("credits.buyer.name")}
          maxLength={200}
          autoComplete="organization"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Textarea
          label={t("credits.buyer.address")}
          maxLength={500}
          autosize
          minRows={2}
          autoComplete="street-address"
          value={draft.address}
          onChange={(event) => set({ address: event.currentTarget.value })}
        />
        <Group grow preventGrowOverflow={false} gap="sm">
          <TextInput
            label={t("credits.buyer.country")}
            maxLength={60}
            miw={180}
            autoComplete="country-name"
            value={draft.country}
            onChange={(event) => set({ country: event.currentTarget.value })}
          />
          <TextInput
            label={t("credits.buyer.taxId")}
            maxLength={60}
            miw={180}
            autoComplete="off"
            value={draft.tax_id}
            onChange={(event) => set({ tax_id: event.currentTarget.value })}
          />
        </Group>
        <TextInput
          label={t("credits.buyer.email")}
          type="email"
          maxLength={254}
          autoComplete="email"
          value={draft.email}
          onChange={(event) => set({ email: event.currentTarget.value })}
        />
        <SaveRow save={save} />
      </Stack>
    </form>
  );
}
