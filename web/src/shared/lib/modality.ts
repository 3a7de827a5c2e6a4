/** What a model takes or gives, in the reader's words. */
import { useTranslation } from "react-i18next";

const MODALITIES = [
  "text",
  "image",
  "audio",
  "video",
  "file",
  "embeddings",
  "rerank",
  "speech",
  "transcription",
] as const;

export function useModality(): (name: string) => string {
  const { t } = useTranslation();
  return (name) => {
    const known = MODALITIES.find((each) => each === name);
    return known ? t(`models.modalities.${known}`) : name;
  };
}
