/** An app that said its name: leading to its page, with its kinds or its address below. What it says is anybody's text. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LinkAnchor } from "./links";

interface App {
  id: number;
  title: string;
  url: string | null;
  categories: string[];
}

const CATEGORIES = [
  "cli-agent",
  "ide-extension",
  "cloud-agent",
  "programming-app",
  "native-app-builder",
  "creative-writing",
  "video-gen",
  "image-gen",
  "audio-gen",
  "writing-assistant",
  "general-chat",
  "personal-agent",
  "legal",
  "roleplay",
  "game",
] as const;

/** What a category is called; one that is not known here is called what it is. */
export function useAppCategory(): (category: string) => string {
  const { t } = useTranslation();
  return (category) => {
    const known = CATEGORIES.find((each) => each === category);
    return known ? t(`apps.categories.${known}`) : category;
  };
}

/** What it calls itself, or its host. */
export function appTitle({ title, url }: Pick<App, "title" | "url">): string {
  return title || url?.replace(/^https?:\/\//, "") || "—";
}

export function AppName({ id, title, url, categories }: App) {
  const category = useAppCategory();
  return (
    <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
      <LinkAnchor to="/apps/$id" params={{ id: String(id) }} fw={550}>
        {appTitle({ title, url })}
      </LinkAnchor>
      <Text size="xs" c="dimmed">
        {categories.map(category).join(" · ") || url}
      </Text>
    </div>
  );
}
