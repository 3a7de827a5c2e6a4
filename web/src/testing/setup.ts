/** For every test: a language, and the browser's parts that jsdom lacks. */
import { configure } from "@testing-library/react";
import { startLanguages } from "@/shared/i18n";

window.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
  dispatchEvent: () => false,
  onchange: null,
})) as typeof window.matchMedia;

window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
Element.prototype.scrollIntoView ??= () => undefined;
window.scrollTo = () => undefined;

await startLanguages("en");

// A busy machine is no fault of a page.
configure({ asyncUtilTimeout: 10_000 });
