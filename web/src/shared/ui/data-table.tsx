/**
 * A table of things: figures right-aligned, what can be done with each at the end. It takes the shape there is room for:
 * where its columns don't fit, the rows become blocks.
 */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./data-table.module.css";
import { Fitted } from "./fitted";

export interface Column<T> {
  /** The heading; left out for what can be done with a row. */
  label?: string;
  isNumber?: boolean;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  rows: readonly T[];
  columns: Column<T>[];
  keyOf: (row: T) => string;
  /** What it is a table of, for whoever can't see the heading above it. */
  label: string;
  /** For long lists of figures: less air, and the row under the pointer stands out. */
  isDense?: boolean;
  isSum?: (row: T) => boolean;
  maw?: number;
}

export function DataTable<T>({ rows, columns, keyOf, label, isDense, isSum, maw }: Props<T>) {
  const { t } = useTranslation();
  // The roles are said, as a table that is drawn as blocks would have none.
  return (
    <Fitted>
      <Table
        role="table"
        aria-label={label}
        maw={maw}
        verticalSpacing={isDense ? 8 : undefined}
        highlightOnHover={isDense}
      >
        <Table.Thead>
          <Table.Tr role="row">
            {columns.map(({ label: heading, isNumber }) => (
              <Table.Th
                key={heading ?? ""}
                role="columnheader"
                className={isNumber ? classes.number : undefined}
              >
                {heading ?? <span className="mp-visually-hidden">{t("common.actions")}</span>}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)} role="row" fw={isSum?.(row) ? 650 : undefined}>
              {columns.map(({ label: heading, isNumber, cell }, index) => (
                <Table.Td
                  key={heading ?? ""}
                  role="cell"
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
    </Fitted>
  );
}
