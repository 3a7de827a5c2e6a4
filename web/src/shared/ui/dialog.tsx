/** Dialogs: a plain one, and one that asks before something can't be undone, by name where that is much. */
import { Button, Group, Modal, type ModalProps, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { FormFault } from "./form-fault";

export function Dialog(props: Pick<ModalProps, "opened" | "onClose" | "title" | "children" | "size">) {
  const { t } = useTranslation();
  return <Modal {...props} closeButtonProps={{ "aria-label": t("common.close") }} />;
}

export interface Asked {
  title: string;
  body: ReactNode;
  /** What the button that does it says. */
  act: string;
  /** To be typed first, where what is lost is worth it. */
  name?: string;
  /** Undone easily: the button is not red. */
  harmless?: boolean;
  run: () => Promise<unknown>;
}

export function Confirm({ asked, close }: { asked: Asked | null; close: () => void }) {
  return (
    <Dialog opened={asked !== null} onClose={close} title={asked?.title ?? ""}>
      {asked && <ConfirmForm asked={asked} close={close} />}
    </Dialog>
  );
}

function ConfirmForm({ asked, close }: { asked: Asked; close: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const act = useMutation({ mutationFn: asked.run, onSuccess: close });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        act.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" component="div" style={{ overflowWrap: "anywhere" }}>
          {asked.body}
        </Text>
        {asked.name !== undefined && (
          <TextInput
            label={t("common.typeName", { name: asked.name })}
            required
            data-autofocus
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <FormFault error={act.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button
            type="submit"
            color={asked.harmless ? undefined : "red"}
            loading={act.isPending}
            disabled={asked.name !== undefined && typed.trim() !== asked.name.trim()}
          >
            {asked.act}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
