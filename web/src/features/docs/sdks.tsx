/** Client libraries of others, each pointed at this server. */
import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { apiAddress, serverAddress } from "@/shared/lib/api-address";
import { KEY_NAME } from "@/shared/lib/snippets";
import { CodeTabs } from "@/shared/ui/code";

export function Sdks({ model }: { model: string }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="sdks">
      <Title order={2} id="sdks" mb={4}>
        {t("docs.sdks")}
      </Title>
      <Text c="dimmed" mb="sm">
        {t("docs.sdksLead", { name: KEY_NAME })}
      </Text>
      <Stack>
        <CodeTabs blocks={blocks(model)} />
      </Stack>
    </section>
  );
}

function blocks(model: string): { name: string; code: string }[] {
  return [
    {
      name: "Anthropic · Python",
      code: `# pip install anthropic
import os
from anthropic import Anthropic

client = Anthropic(base_url="${serverAddress()}/api", auth_token=os.environ["${KEY_NAME}"])
answer = client.messages.create(
    model="${model}",
    max_tokens=512,
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.content[0].text)`,
    },
    {
      name: "Google GenAI · Python",
      code: `# pip install google-genai
import os
from google import genai

client = genai.Client(
    api_key=os.environ["${KEY_NAME}"],
    http_options={"base_url": "${serverAddress()}"},
)
print(client.models.generate_content(model="${model}", contents="Hello").text)`,
    },
    {
      name: "OpenRouter · TypeScript",
      code: `// npm install @openrouter/sdk
import { OpenRouter } from "@openrouter/sdk";

const client = new OpenRouter({
  serverURL: "${apiAddress()}",
  apiKey: process.env.${KEY_NAME},
});
const answer = await client.chat.send({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});`,
    },
    {
      name: "Vercel AI SDK",
      code: `// npm install ai @ai-sdk/openai-compatible
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const modelport = createOpenAICompatible({
  name: "modelport",
  baseURL: "${apiAddress()}",
  apiKey: process.env.${KEY_NAME},
});
const { text } = await generateText({ model: modelport("${model}"), prompt: "Hello" });`,
    },
    {
      name: "LangChain · Python",
      code: `# pip install langchain-openai
import os
from langchain_openai import ChatOpenAI

chat = ChatOpenAI(
    base_url="${apiAddress()}",
    api_key=os.environ["${KEY_NAME}"],
    model="${model}",
)
print(chat.invoke("Hello").content)`,
    },
  ];
}
