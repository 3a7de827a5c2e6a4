/** An answer's Markdown, block by block; each is rendered once and again only when its text changes. */
import "katex/dist/katex.min.css";
import { memo, type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import ReactMarkdown, { type Components, type Options } from "react-markdown";
import rehypeHighlight from "rehype-highlight";
import rehypeKatex from "rehype-katex";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import { CopyIcon } from "@/shared/ui/copy";
import { Scrolled } from "@/shared/ui/scrolled";
import { isPlain, splitBlocks, withDollars } from "./blocks";
import classes from "./markdown.module.css";

const REMARK: Options["remarkPlugins"] = [remarkGfm, [remarkMath, { singleDollarTextMath: true }]];
// A formula that can't be read is shown as it was written; colours are the theme's.
const FORMULAS: NonNullable<Options["rehypePlugins"]>[number] = [
  rehypeKatex,
  { throwOnError: false, strict: false },
];
const WHOLE: Options["rehypePlugins"] = [FORMULAS, [rehypeHighlight, { ignoreMissing: true }]];
const GROWING: Options["rehypePlugins"] = [FORMULAS];

export function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const blocks = useMemo(() => splitBlocks(text), [text]);
  return (
    <div className={classes.markdown}>
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
        <Block key={index} text={block} growing={growing && index === blocks.length - 1} />
      ))}
    </div>
  );
}

const Block = memo(function Block({ text, growing }: { text: string; growing: boolean }) {
  if (isPlain(text)) return <p>{text.trim()}</p>;
  return (
    <ReactMarkdown remarkPlugins={REMARK} rehypePlugins={growing ? GROWING : WHOLE} components={COMPONENTS}>
      {withDollars(text)}
    </ReactMarkdown>
  );
});

function Pre({ children, node }: { children?: ReactNode; node?: unknown }) {
  const { t } = useTranslation();
  const { text, language } = codeOf(node);
  return (
    <div className={classes.code}>
      <div className={classes.bar}>
        <span>{language}</span>
        <CopyIcon value={text} what={t("common.code")} size="xs" />
      </div>
      <pre tabIndex={0}>{children}</pre>
    </div>
  );
}

interface Node {
  type?: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Node[];
}

function codeOf(node: unknown): { text: string; language: string } {
  const pre = node as Node | undefined;
  const names = pre?.children?.[0]?.properties?.className;
  const language = Array.isArray(names)
    ? names.find((name) => String(name).startsWith("language-"))
    : undefined;
  return {
    text: textOf(pre).replace(/\n$/, ""),
    language: language ? String(language).slice("language-".length) : "",
  };
}

function textOf(node: Node | undefined): string {
  if (!node) return "";
  if (node.type === "text") return node.value ?? "";
  return (node.children ?? []).map(textOf).join("");
}

function WideTable({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.table}>
      <Scrolled label={t("common.table")}>
        <table>{children}</table>
      </Scrolled>
    </div>
  );
}

const COMPONENTS: Components = {
  pre: Pre,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  // Nothing is loaded from another host: a picture from elsewhere is a link to it.
  img: ({ src, alt }) =>
    typeof src === "string" && src.startsWith("data:image/") ? (
      <img src={src} alt={alt ?? ""} />
    ) : (
      <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noopener noreferrer nofollow">
        {alt || src}
      </a>
    ),
  table: WideTable,
};
