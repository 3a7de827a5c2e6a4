/** An address nothing answers to. */
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/shared/lib/page-title";
import { LinkButton } from "@/shared/ui/links";
import { Empty } from "@/shared/ui/states";

export function NotFound() {
  const { t } = useTranslation();
  usePageTitle(t("states.pageTitle"));
  return (
    <Empty
      isPage
      title={t("states.pageTitle")}
      action={
        <LinkButton to="/" variant="default" mt="sm">
          {t("states.home")}
        </LinkButton>
      }
    >
      {t("states.pageBody")}
    </Empty>
  );
}
