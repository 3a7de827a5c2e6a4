/** Well-known apps, with the names their own settings have. A field without a value is the reader's key. */
import { apiAddress, serverAddress } from "./api-address";

export interface AppGuide {
  name: string;
  /** Names the text that says where the settings are. */
  guide: "chatbox" | "lobechat" | "cherry" | "openwebui" | "claudecode";
  fields: (model: string) => { label: string; value?: string }[];
  shell?: (model: string, key: string) => string;
}

export const APPS: AppGuide[] = [
  {
    name: "Chatbox",
    guide: "chatbox",
    fields: (model) => [
      { label: "API Host", value: apiAddress() },
      { label: "API Key" },
      { label: "Model", value: model },
    ],
  },
  {
    name: "LobeChat",
    guide: "lobechat",
    fields: (model) => [
      { label: "API Proxy URL", value: apiAddress() },
      { label: "API Key" },
      { label: "Model List", value: model },
    ],
  },
  {
    name: "Cherry Studio",
    guide: "cherry",
    fields: (model) => [
      { label: "API Host", value: apiAddress() },
      { label: "API Key" },
      { label: "Model ID", value: model },
    ],
  },
  {
    name: "Open WebUI",
    guide: "openwebui",
    fields: (model) => [
      { label: "URL", value: apiAddress() },
      { label: "Key" },
      { label: "Model IDs", value: model },
    ],
  },
  {
    name: "Claude Code",
    guide: "claudecode",
    fields: () => [],
    shell: (model, key) => `export ANTHROPIC_BASE_URL="${serverAddress()}/api"
export ANTHROPIC_AUTH_TOKEN="${key}"
export ANTHROPIC_MODEL="${model}"
claude`,
  },
];
