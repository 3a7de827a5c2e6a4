/**
 * Bars on each other or lines, drawn here: what charts of use need in a few kilobytes, in the theme's colours, and with
 * the figures as a table for whoever can't see it. Arrow keys walk through it.
 */
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Scrolled } from "../scrolled";
import classes from "./chart.module.css";
import { labelStep, type Series, ticksAround } from "./scale";

interface Props {
  /** What is shown, for its heading and for screen readers. */
  title: string;
  labels: string[];
  series: Series[];
  kind?: "bars" | "lines";
  format: (value: number) => string;
  /** The name of the series that stands for all others: it is drawn in grey. */
  rest?: string;
  /** The highest value of the axis, where that is given by what is measured. */
  most?: number;
  height?: number;
}

const LEFT = 58;
const BELOW = 24;
const ABOVE = 10;
const COLOURS = 8;

function colour(index: number, name: string, rest: string | undefined): string {
  return `var(--mp-chart-${name === rest ? "rest" : (index % COLOURS) + 1})`;
}

export function Chart({ title, labels, series, kind = "bars", format, rest, most, height = 230 }: Props) {
  const { t } = useTranslation();
  const { ref, width } = useElementSize();
  const [at, setAt] = useState<number | null>(null);
  const stacked = kind === "bars";
  const highest = Math.max(
    0,
    ...labels.map((_, index) => {
      const values = series.map((each) => each.values[index] ?? 0);
      return stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
    }),
  );
  // Only lines go below 0: parts of a bar are no less than nothing.
  const lowest = stacked
    ? 0
    : Math.min(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ticks = ticksAround(lowest, most ?? highest);
  const [bottom, top] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const inner = Math.max(0, width - LEFT);
  const step = labels.length ? inner / labels.length : 0;
  const y = (value: number) => ABOVE + (height - ABOVE - BELOW) * (1 - (value - bottom) / (top - bottom));

  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    setAt((now) => Math.min(labels.length - 1, Math.max(0, (now ?? -1) + move)));
  };
  const onPointer = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT;
    setAt(x < 0 || step === 0 ? null : Math.min(labels.length - 1, Math.floor(x / step)));
  };
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  const every = labelStep(labels.length, inner);
  return (
    <figure className={classes.figure} aria-label={title}>
      <div ref={ref} className={classes.frame} style={{ height }}>
        {isEmpty && <p className={classes.nothing}>{t("chart.nothing")}</p>}
        {width > 0 && !isEmpty && (
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={title}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onPointerMove={onPointer}
            onPointerLeave={() => setAt(null)}
            onBlur={() => setAt(null)}
          >
            {ticks.map((tick) => (
              <g key={tick}>
                <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} className={classes.grid} />
                <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className={classes.label}>
                  {format(tick)}
                </text>
              </g>
            ))}
            {at !== null && (
              <rect
                x={LEFT + at * step}
                y={ABOVE}
                width={step}
                height={height - ABOVE - BELOW}
                className={classes.here}
              />
            )}
            {labels.map((label, index) =>
              index % every === 0 ? (
                <text
                  key={label}
                  x={LEFT + (index + 0.5) * step}
                  y={height - 6}
                  textAnchor="middle"
                  className={classes.label}
                >
                  {label}
                </text>
              ) : null,
            )}
            {stacked ? (
              <Bars series={series} count={labels.length} step={step} y={y} rest={rest} />
            ) : (
              <Lines series={series} step={step} y={y} rest={rest} />
            )}
          </svg>
        )}
        {at !== null && (
          <div
            className={classes.tip}
            role="status"
            style={
              at * step < inner / 2
                ? { left: LEFT + (at + 1) * step + 6 }
                : { right: width - LEFT - at * step + 6 }
            }
          >
            <b>{labels[at]}</b>
            {series.map((each, index) => {
              const value = each.values[at];
              return value === null || value === undefined || (stacked && value === 0) ? null : (
                <span key={each.name} className={classes.line}>
                  <i style={{ background: colour(index, each.name, rest) }} />
                  <span>{each.name}</span>
                  <span className="mp-num">{format(value)}</span>
                </span>
              );
            })}
          </div>
        )}
      </div>
      {series.length > 1 && !isEmpty && (
        <ul className={classes.legend}>
          {series.map((each, index) => (
            <li key={each.name}>
              <i style={{ background: colour(index, each.name, rest) }} />
              {each.name}
            </li>
          ))}
        </ul>
      )}
      {!isEmpty && (
        <details className={classes.table}>
          <summary>{t("chart.asTable")}</summary>
          <Figures title={title} labels={labels} series={series} format={format} />
        </details>
      )}
    </figure>
  );
}

interface DrawProps {
  series: Series[];
  step: number;
  y: (value: number) => number;
  rest: string | undefined;
}

function Bars({ series, count, step, y, rest }: DrawProps & { count: number }) {
  const width = Math.max(1, Math.min(40, step * 0.72));
  return Array.from({ length: count }, (_, at) => {
    let below = 0;
    return series.map((each, index) => {
      const value = each.values[at] ?? 0;
      if (value <= 0) return null;
      const from = below;
      below += value;
      return (
        <rect
          key={each.name}
          x={LEFT + (at + 0.5) * step - width / 2}
          y={y(below)}
          width={width}
          height={Math.max(1, y(from) - y(below))}
          fill={colour(index, each.name, rest)}
        />
      );
    });
  });
}

function Lines({ series, step, y, rest }: DrawProps) {
  return series.map((each, index) => {
    const points = each.values.map((value, at) =>
      value === null ? null : ([LEFT + (at + 0.5) * step, y(value)] as const),
    );
    // A day without a figure leaves a gap; a figure between two gaps is a dot.
    const path = points
      .map((point, at) =>
        point ? `${points[at - 1] ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}` : "",
      )
      .join("");
    const stroke = colour(index, each.name, rest);
    return (
      <g key={each.name}>
        <path d={path} fill="none" stroke={stroke} strokeWidth={2} strokeLinejoin="round" />
        {points.map(
          (point) => point && <circle key={point[0]} cx={point[0]} cy={point[1]} r={2.5} fill={stroke} />,
        )}
      </g>
    );
  });
}

function Figures({ title, labels, series, format }: Pick<Props, "title" | "labels" | "series" | "format">) {
  return (
    <Scrolled label={title}>
      <table aria-label={title}>
        <thead>
          <tr>
            <td />
            {series.map(({ name }) => (
              <th key={name} scope="col" className="mp-num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, at) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {series.map(({ name, values }) => {
                const value = values[at];
                return (
                  <td key={name} className="mp-num">
                    {value === null || value === undefined ? "—" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
