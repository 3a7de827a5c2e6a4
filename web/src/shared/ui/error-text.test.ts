import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { ApiError } from "@/shared/api/client";
import { chooseLanguage, type Language } from "@/shared/i18n";
import { useErrorText } from "./error-text";

const read: string[] = [];

function Reader({ error }: { error: ApiError }) {
  read.push(useErrorText()(error));
  return null;
}

async function told(language: Language, metadata: Record<string, unknown>, status = 502): Promise<string> {
  await chooseLanguage(language);
  renderToStaticMarkup(createElement(Reader, { error: new ApiError(status, "Only in English.", metadata) }));
  return read.pop() ?? "";
}

test.each<[Language, string]>([
  ["en", "The mail server does not accept the user name or the password (535). Its words: “no, me”"],
  ["zh-CN", "邮件服务器不认可所配的用户名或密码（535）。对方原话：“no, me”"],
])("in %s a mail server's words are quoted under ours", async (language, text) => {
  const metadata = { problem: "mail_not_sent", rule: "authentication", code: 535, said: "no, me" };
  expect(await told(language, metadata)).toBe(text);
});

test("a mail server that said nothing is not quoted", async () => {
  const text = await told("zh-CN", { problem: "mail_not_sent", rule: "tls" });
  expect(text).toMatch(/^无法与邮件服务器建立加密连接/);
  expect(text).not.toContain("原话");
});

test.each<[Language, RegExp]>([
  [
    "en",
    /^No provider of this model .*\ntogether: it does not support tools\nnovita\/fp8: of_a_newer_server$/,
  ],
  ["zh-CN", /^没有提供商能.*\ntogether：不支持工具调用\nnovita\/fp8：of_a_newer_server$/],
])("in %s each endpoint that was left out says why, once", async (language, text) => {
  const metadata = {
    availability: { code: "constraint_filtered" },
    left_out: [
      { endpoint: "together", why: "parameters" },
      { endpoint: "together", why: "parameters" },
      { endpoint: "novita/fp8", why: "of_a_newer_server" },
    ],
  };
  expect(await told(language, metadata, 404)).toMatch(text);
});

test.each<[Language, string]>([
  [
    "en",
    "The limits of the key can’t be so. allowed addresses: is not written as it must be. requests a minute: must be from 1 to 9.",
  ],
  ["zh-CN", "密钥限制无效。来源地址：格式不正确。每分钟请求数：须在 1 至 9 之间。"],
])("in %s fields are told by their names, one after the other", async (language, text) => {
  const fields = [
    { name: "addresses", kind: "form" },
    { name: "requests_per_minute", kind: "between", ge: 1, le: 9 },
  ];
  expect(await told(language, { problem: "bad_bounds", fields }, 400)).toBe(text);
});

const IN_A_FILE = {
  problem: "file_faults",
  faults: [
    {
      line: 6,
      column: 9,
      path: "models[0].id",
      message: "no id",
      remedy: "write one",
      facts: { code: "model_id", given: "x" },
    },
    {
      line: 7,
      column: 5,
      path: "models[0].nam",
      message: "unknown",
      remedy: "did you mean",
      facts: { code: "unknown_key", key: "nam", near: "name" },
    },
    {
      line: 8,
      column: 2,
      path: "models[0].size",
      message: "greater",
      remedy: "change it",
      facts: { code: "greater_than", gt: 0 },
    },
    {
      line: 9,
      column: 1,
      path: "",
      message: "of a newer server",
      remedy: "update",
      facts: { code: "newer" },
    },
  ],
};

test.each<[Language, string[]]>([
  [
    "en",
    [
      "Line 6, column 9 models[0].id: x is no model id: write `author/slug` or `author/slug:variant`",
      "Line 7, column 5 models[0].nam: unknown key `nam`: did you mean `name`?",
      "Line 8, column 2 models[0].size: must be more than 0",
      "Line 9, column 1: of a newer server; update",
    ],
  ],
  [
    "zh-CN",
    [
      "第 6 行第 9 列 models[0].id：x 不是合法的模型 ID：请写作 `author/slug` 或 `author/slug:variant`",
      "第 7 行第 5 列 models[0].nam：未知的键 `nam`：是不是想写 `name`？",
      "第 8 行第 2 列 models[0].size：须大于 0",
      "第 9 行第 1 列：of a newer server; update",
    ],
  ],
])("in %s the faults of a file are told by their places", async (language, lines) => {
  expect((await told(language, IN_A_FILE, 400)).split("\n").slice(1)).toEqual(lines);
});

test("what a sync can't apply is told in the reader's language", async () => {
  const metadata = {
    problem: "refused",
    faults: ["alias 'a/b' leads to 'c/d' already; keep one"],
    facts: [{ code: "alias_taken", alias: "a/b", model: "c/d" }],
  };
  expect(await told("zh-CN", metadata, 400)).toMatch(/\n别名 a\/b 已指向 c\/d：请保留其一$/);
});
