/** Where the app starts in the browser. */
import "@mantine/core/styles.layer.css";
import "./app/global.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { startLanguages } from "./shared/i18n";

const root = document.getElementById("root");
if (root) {
  void startLanguages().then(() => createRoot(root).render(<App />));
}
