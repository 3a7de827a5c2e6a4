/** What to do with a model: call it. */
import { Group } from "@mantine/core";
import { IconCode } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Model, splitId } from "@/shared/api/models";
import { LinkButton } from "@/shared/ui/links";

export function ModelButtons({ model }: { model: Model }) {
  const { t } = useTranslation();
  const [author, slug] = splitId(model.id);
  return (
    <Group gap="xs">
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
