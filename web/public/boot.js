// Before the first paint: language and colour scheme of this reader, so that nothing flashes.
(() => {
  let scheme = "auto";
  let language = null;
  try {
    scheme = localStorage.getItem("modelport.scheme") || "auto";
    language = localStorage.getItem("modelport.language");
  } catch {
    // Storage may be forbidden: the system's choice stands.
  }
  const dark = scheme === "dark" || (scheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  // Only the attribute: a style of the element's own would hold the first scheme when the reader's changes later.
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
  root.lang = language || (/^zh\b/i.test(navigator.language) ? "zh-CN" : "en");
})();
