/** Languages: chosen from the browser, switchable everywhere. A new one is files and a folder in `languages/`, and an entry here. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Messages } from "./languages/en";
import { AS_DOCUMENTED, type OperationWords } from "./operations";

export const LANGUAGES = {
  "zh-CN": {
    name: "简体中文",
    load: () => import("./languages/zh-cn").then((file) => file.zhCN),
    operations: () => import("./languages/zh-cn-operations").then((file) => file.operations),
  },
  en: {
    name: "English",
    load: () => import("./languages/en").then((file) => file.en),
    operations: async () => AS_DOCUMENTED,
  },
} as const satisfies Record<
  string,
  { name: string; load: () => Promise<Messages>; operations: () => Promise<OperationWords> }
>;

export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Messages };
    strictKeyChecks: true;
  }
}

const STORED = "modelport.language";

export function isLanguage(text: unknown): text is Language {
  return typeof text === "string" && Object.hasOwn(LANGUAGES, text);
}

/** What this reader chose, else what the browser likes best of those there are. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  for (const tag of navigator.languages) {
    if (isLanguage(tag)) return tag;
    const primary = tag.split("-")[0];
    const close = Object.keys(LANGUAGES).find((each) => each.split("-")[0] === primary);
    if (isLanguage(close)) return close;
  }
  return "en";
}

async function show(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await LANGUAGES[language].load());
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

export async function startLanguages(language: Language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    // One language is loaded at a time; there is no other to fall back to, and the types show that none is missing.
    resources: { [language]: { translation: await LANGUAGES[language].load() } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
  // What is chosen in one tab holds in every other.
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key === STORED && isLanguage(newValue)) void show(newValue);
  });
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  await show(language);
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}
