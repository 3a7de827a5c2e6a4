/** A field to search a list by; what is typed takes effect when one pauses. */
import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";

export function FindField({
  label,
  value,
  find,
}: {
  label: string;
  value: string;
  find: (words: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  const later = useDebouncedCallback(find, 250);
  return (
    <TextInput
      mb="md"
      maw={360}
      leftSection={<IconSearch size={16} />}
      placeholder={label}
      aria-label={label}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        later(event.currentTarget.value.trim());
      }}
    />
  );
}
