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
