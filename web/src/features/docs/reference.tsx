/** The API reference, rendered from the document that this very server serves. */
import { Badge, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage } from "@/shared/i18n";
import { serverAddress } from "@/shared/lib/api-address";
import { CodeBlock } from "@/shared/ui/code";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import classes from "./docs.module.css";
import {
  bodyOf,
  type Document,
  documentQuery,
  type Operation,
  operationsOf,
  search,
  typeOf,
  wordsQuery,
} from "./openapi";
import { SchemaView } from "./schema-view";

export function Reference({ query, change }: { query: string; change: (query: string) => void }) {
  const { t } = useTranslation();
  const document = useQuery(documentQuery);
  const language = useQuery(wordsQuery(currentLanguage()));
  const deferred = useDeferredValue(query);
  const all = useMemo(
    () => (document.data && language.data ? operationsOf(document.data, language.data) : undefined),
    [document.data, language.data],
  );
  const groups = useMemo(() => (all ? search(all, deferred) : []), [all, deferred]);
  const failed = document.isError ? document : language.isError ? language : undefined;
  return (
    <Stack gap="xl">
      <TextInput
        leftSection={<IconSearch size={16} />}
        placeholder={t("docs.find")}
        aria-label={t("docs.find")}
        maw={420}
        value={query}
        onChange={(event) => change(event.currentTarget.value)}
      />
      {!all && !failed && <LoadingRows rows={8} />}
      {failed && <Failed error={failed.error} retry={() => void failed.refetch()} />}
      {all && groups.length === 0 && <Empty title={t("docs.none")} />}
      {document.data &&
        groups.map(([tag, operations]) => (
          <Group key={tag} tag={tag} operations={operations} document={document.data} />
        ))}
    </Stack>
  );
}

function Group({ tag, operations, document }: { tag: string; operations: Operation[]; document: Document }) {
  return (
    <section aria-label={tag}>
      <Title order={2} mb="sm">
        {tag}
      </Title>
      {operations.map((operation) => (
        <OperationItem key={operation.key} operation={operation} document={document} />
      ))}
    </section>
  );
}

/** The browser's own fold: there are hundreds, and what is in one is made when it is opened. */
function OperationItem({ operation, document }: { operation: Operation; document: Document }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={classes.item} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={classes.operation}>
        <Badge color={operation.method === "get" ? "gray" : "tide"} tt="uppercase" w={64}>
          {operation.method}
        </Badge>
        <code className="mp-mono">{operation.path}</code>
        <span className={classes.summary}>{operation.summary}</span>
      </summary>
      {open && <Details operation={operation} document={document} />}
    </details>
  );
}

function Details({ operation, document }: { operation: Operation; document: Document }) {
  const { t } = useTranslation();
  const body = bodyOf(operation.requestBody);
  const answer = bodyOf(operation.responses?.["200"] ?? operation.responses?.["201"]);
  const verb = operation.method === "get" ? "" : ` -X ${operation.method.toUpperCase()}`;
  return (
    <Stack gap="md" p="md">
      {operation.description && <Text>{operation.description}</Text>}
      <CodeBlock
        code={`curl${verb} "${serverAddress()}${operation.path}" \\\n  -H "Authorization: Bearer $MODELPORT_API_KEY"${
          body ? ` \\\n  -H "Content-Type: application/json" -d @body.json` : ""
        }`}
      />
      {(operation.parameters?.length ?? 0) > 0 && (
        <section>
          <Title order={3} size="h4" mb={6}>
            {t("docs.parameters")}
          </Title>
          <dl className={classes.fields}>
            {operation.parameters?.map((each) => (
              <div key={`${each.in} ${each.name}`}>
                <dt>
                  <code className="mp-mono">{each.name}</code>{" "}
                  <span className={classes.type}>
                    {typeOf(each.schema ?? {})} · {each.in}
                    {each.required ? ` · ${t("docs.required")}` : ""}
                  </span>
                </dt>
                {each.description && <dd>{each.description}</dd>}
              </div>
            ))}
          </dl>
        </section>
      )}
      {body && (
        <section>
          <Title order={3} size="h4" mb={6}>
            {t("docs.body")}
          </Title>
          <SchemaView document={document} schema={body} />
        </section>
      )}
      {answer && (
        <section>
          <Title order={3} size="h4" mb={6}>
            {t("docs.answer")}
          </Title>
          <SchemaView document={document} schema={answer} />
        </section>
      )}
    </Stack>
  );
}
