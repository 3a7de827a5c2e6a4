/** What the author says about the model; long texts are folded. */
import { Anchor } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./model-page.module.css";

const LONG = 420;

export function Description({ text }: { text: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const plain = text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`]+/g, "")
    .trim();
  if (!plain) return null;
  const long = plain.length > LONG;
  return (
    <p className={classes.words}>
      {long && !open ? `${plain.slice(0, LONG).trimEnd()}…` : plain}{" "}
      {long && (
        <Anchor component="button" type="button" onClick={() => setOpen(!open)}>
          {open ? t("common.less") : t("common.more")}
        </Anchor>
      )}
    </p>
  );
}
