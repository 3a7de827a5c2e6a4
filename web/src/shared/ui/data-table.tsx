/** A table of things: figures right-aligned, what can be done with each at the end. On a phone the rows become blocks. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./data-table.module.css";

export interface Column<T> {
  /** The heading; left out for what can be done with a row. */
  label?: string;
  isNumber?: boolean;
  cell: (row: T) => ReactNode;
}

export function DataTable<T>({
  rows,
  columns,
  keyOf,
  label,
}: {
  rows: readonly T[];
  columns: Column<T>[];
  keyOf: (row: T) => string;
  label?: string;
}) {
  const { t } = useTranslation();
  return (
    <div className="mp-scroll-x">
      <Table className={classes.table} aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ label: heading, isNumber }) => (
              <Table.Th key={heading ?? ""} className={isNumber ? "mp-num" : undefined}>
                {heading ?? <span className="mp-visually-hidden">{t("common.actions")}</span>}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map(({ label: heading, isNumber, cell }, index) => (
                <Table.Td
                  key={heading ?? ""}
                  className={isNumber ? "mp-num" : index === 0 ? classes.main : undefined}
                  data-label={heading}
                  data-bare={heading === undefined || undefined}
                  ta={heading === undefined ? "right" : undefined}
                >
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
