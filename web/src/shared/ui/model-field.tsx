/** A field for one model's id, with those there are to choose from. */
import { Autocomplete } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { modelsQuery } from "@/shared/api/models";

export function ModelField({
  label,
  description,
  value,
  onChange,
  required,
}: {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  required?: boolean;
}) {
  const models = useQuery(modelsQuery);
  return (
    <Autocomplete
      label={label}
      description={description}
      required={required}
      maxLength={200}
      limit={20}
      data={[...new Set(models.data?.map(({ id }) => id))]}
      value={value}
      onChange={onChange}
    />
  );
}
