/** What to do with a model: talk to it, call it. */
import { Group } from "@mantine/core";
import { IconArrowsLeftRight, IconCode, IconMessages } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Model, splitId } from "@/shared/api/models";
import { LinkButton } from "@/shared/ui/links";

export function ModelButtons({ model }: { model: Model }) {
  const { t } = useTranslation();
  const [author, slug] = splitId(model.id);
  return (
    <Group gap="xs">
      {model.architecture.output_modalities.includes("text") && (
        <LinkButton to="/chat" search={{ model: model.id }} leftSection={<IconMessages size={17} />}>
          {t("shell.chat")}
        </LinkButton>
      )}
      <LinkButton
        to="/compare"
        search={{ models: [model.id] }}
        variant="default"
        leftSection={<IconArrowsLeftRight size={17} />}
      >
        {t("shell.compare")}
      </LinkButton>
      <LinkButton
        to="/$author/$slug"
        params={{ author, slug }}
        search={{ tab: "api" }}
        variant="default"
        leftSection={<IconCode size={17} />}
      >
        {t("model.api")}
      </LinkButton>
    </Group>
  );
}
