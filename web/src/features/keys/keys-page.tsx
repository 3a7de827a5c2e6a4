/** `/settings/keys`: the account's API keys; making one, and what can be done with each. */
import { Button, Group, Modal, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/shared/lib/page-title";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { CreateForm } from "./create-form";
import { DeleteForm } from "./delete-form";
import { EditForm } from "./edit-form";
import { KeyTable } from "./key-table";
import { type Key, type KeyMade, keysQuery } from "./queries";
import { RotateForm } from "./rotate-form";
import { ShownOnce } from "./shown-once";

type Doing = { what: "create" } | { what: "edit" | "rotate" | "delete"; key: Key };

export function KeysPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.keys"));
  const keys = useInfiniteQuery(keysQuery);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [made, setMade] = useState<KeyMade | null>(null);
  const all = keys.data?.pages.flat();
  const close = () => setDoing(null);
  const show = (key: KeyMade) => {
    setDoing(null);
    setMade(key);
  };
  const createButton = useRef<HTMLButtonElement>(null);
  const create = (
    <Button
      ref={createButton}
      leftSection={<IconPlus size={16} />}
      onClick={() => setDoing({ what: "create" })}
    >
      {t("keys.create")}
    </Button>
  );
  const titles = {
    create: t("keys.create"),
    edit: t("keys.editTitle"),
    rotate: t("keys.rotateTitle"),
    delete: t("keys.deleteTitle"),
  };
  return (
    <>
      <PageTitle title={t("shell.keys")} aside={all && all.length > 0 && create}>
        {t("keys.lead")}
      </PageTitle>
      <Stack gap="md">
        {keys.isPending && <LoadingRows rows={4} />}
        {keys.isError && <Failed error={keys.error} retry={() => void keys.refetch()} />}
        {all?.length === 0 && (
          <Empty title={t("keys.empty")} action={create}>
            {t("keys.emptyBody")}
          </Empty>
        )}
        {all && all.length > 0 && (
          <KeyTable
            keys={all}
            edit={(key) => setDoing({ what: "edit", key })}
            rotate={(key) => setDoing({ what: "rotate", key })}
            remove={(key) => setDoing({ what: "delete", key })}
          />
        )}
        {keys.hasNextPage && (
          <Group justify="center">
            <Button
              variant="default"
              loading={keys.isFetchingNextPage}
              onClick={() => void keys.fetchNextPage()}
            >
              {t("common.moreRows")}
            </Button>
          </Group>
        )}
      </Stack>
      <Modal
        opened={doing !== null}
        onClose={close}
        title={doing ? titles[doing.what] : ""}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {doing?.what === "create" && <CreateForm made={show} close={close} />}
        {doing?.what === "edit" && <EditForm of={doing.key} close={close} />}
        {doing?.what === "rotate" && <RotateForm of={doing.key} made={show} close={close} />}
        {doing?.what === "delete" && <DeleteForm of={doing.key} close={close} />}
      </Modal>
      <ShownOnce made={made} close={() => setMade(null)} closed={() => createButton.current?.focus()} />
    </>
  );
}
