/** One prompt, run on every model at once, with what each took. Nothing of it is kept. */
import { Alert, Button, Group, Loader, Text, Textarea, Title } from "@mantine/core";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ChatFault, errorOf, faultOf, streamChat } from "@/shared/api/chat-stream";
import type { Model } from "@/shared/api/models";
import { useMe } from "@/shared/api/session";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { useEndedSession } from "@/shared/lib/use-ended-session";
import { Announced } from "@/shared/ui/announced";
import { useErrorText } from "@/shared/ui/error-text";
import { LinkButton } from "@/shared/ui/links";
import classes from "./compare.module.css";

const Markdown = lazy(() =>
  import("@/shared/ui/markdown/markdown").then((file) => ({ default: file.Markdown })),
);
const SHOW_MS = 60;

interface Run {
  text: string;
  running: boolean;
  firstToken?: number;
  total?: number;
  tokens?: number;
  cost?: number;
  provider?: string;
  fault?: ChatFault;
}

export function SamePrompt({ models }: { models: Model[] }) {
  const { t } = useTranslation();
  const me = useMe();
  const [prompt, setPrompt] = useState(() => t("compare.sample"));
  const [runs, setRuns] = useState<Record<string, Run>>({});
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const running = Object.values(runs).some((run) => run.running);

  const start = () => {
    const control = new AbortController();
    abort.current = control;
    setRuns({});
    for (const model of models) {
      void runOn(model.id, prompt, control.signal, (run) => setRuns((now) => ({ ...now, [model.id]: run })));
    }
  };
  return (
    <section aria-labelledby="same">
      <Title order={2} id="same" mb={4}>
        {t("compare.same")}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t("compare.sameLead")}
      </Text>
      <Textarea
        aria-label={t("compare.prompt")}
        autosize
        minRows={2}
        maxRows={8}
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
      />
      <Group mt="xs" mb="md">
        {me === null ? (
          <LinkButton to="/sign-in" search={{ to: "/compare" }}>
            {t("compare.signIn")}
          </LinkButton>
        ) : running ? (
          <Button variant="default" onClick={() => abort.current?.abort()}>
            {t("chat.stopAll")}
          </Button>
        ) : (
          <Button disabled={!prompt.trim()} onClick={start}>
            {t("compare.run", { count: models.length })}
          </Button>
        )}
      </Group>
      <Announced
        running={models.flatMap(({ id }) => (runs[id]?.running ? [id] : []))}
        tell={(id) => (runs[id]?.fault ? null : t("chat.answered", { name: id }))}
      />
      {Object.keys(runs).length > 0 && (
        <div className={classes.answers}>
          {models.map((model) => (
            <Answer key={model.id} id={model.id} run={runs[model.id]} />
          ))}
        </div>
      )}
    </section>
  );
}

function Answer({ id, run }: { id: string; run: Run | undefined }) {
  const { t } = useTranslation();
  const text = useErrorText();
  const fault = run?.fault;
  useEndedSession(fault?.status);
  const seconds = ((run?.total ?? 0) - (run?.firstToken ?? 0)) / 1000;
  const figures = [
    run?.provider,
    run?.firstToken !== undefined && `${t("chat.ttft")} ${formatMilliseconds(run.firstToken)}`,
    run?.tokens && seconds > 0.05 && `${formatNumber(run.tokens / seconds, 1)} tok/s`,
    run?.tokens !== undefined && t("chat.tokens", { count: run.tokens }),
    run?.cost !== undefined && formatUsd(run.cost),
  ].filter(Boolean);
  return (
    <section className={classes.answer} aria-label={t("chat.answerOf", { name: id })}>
      <header className={classes.head}>{id}</header>
      <div className={classes.words} aria-busy={run?.running}>
        {run?.text ? (
          <Suspense fallback={run.text}>
            <Markdown text={run.text} growing={run.running} />
          </Suspense>
        ) : (
          run?.running && <Loader size="xs" type="dots" aria-label={t("chat.waiting")} />
        )}
        {fault && (
          <Alert color="red" variant="light" role="alert">
            {text(errorOf(fault))}
          </Alert>
        )}
      </div>
      <footer className={classes.foot}>{figures.join(" · ")}</footer>
    </section>
  );
}

async function runOn(
  model: string,
  prompt: string,
  signal: AbortSignal,
  show: (run: Run) => void,
): Promise<void> {
  const began = performance.now();
  let shown = 0;
  const run: Run = { text: "", running: true };
  show({ ...run });
  try {
    const body = {
      model,
      messages: [{ role: "user", content: prompt }],
      stream: true,
      stream_options: { include_usage: true },
      usage: { include: true },
    };
    for await (const chunk of streamChat(body, signal)) {
      const delta = chunk.choices?.[0]?.delta;
      if (delta?.content || delta?.reasoning) run.firstToken ??= Math.round(performance.now() - began);
      run.text += delta?.content ?? "";
      run.provider ??= chunk.provider;
      run.tokens = chunk.usage?.completion_tokens ?? run.tokens;
      run.cost = chunk.usage?.cost ?? run.cost;
      if (performance.now() - shown > SHOW_MS) {
        shown = performance.now();
        show({ ...run });
      }
    }
  } catch (error) {
    if (!signal.aborted) run.fault = faultOf(error);
  }
  show({ ...run, running: false, total: Math.round(performance.now() - began) });
}
