/** Code for a first call, filled in with this server's address, a model and, where there is one, a fresh key. */
import { apiAddress } from "./api-address";

export const KEY_NAME = "MODELPORT_API_KEY";

export interface Snippet {
  name: string;
  code: string;
}

const PROMPT = "What is the capital of France?";

export function curl(model: string, key?: string): string {
  return `curl ${apiAddress()}/chat/completions \\
  -H "Authorization: Bearer ${key ?? `$${KEY_NAME}`}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "${model}",
    "messages": [{"role": "user", "content": "${PROMPT}"}]
  }'`;
}

export function pythonOpenai(model: string, key?: string): string {
  return `# pip install openai
import os
from openai import OpenAI

client = OpenAI(
    base_url="${apiAddress()}",
    api_key=${key ? `"${key}"` : `os.environ["${KEY_NAME}"]`},
)
stream = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${PROMPT}"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`;
}

export function pythonOpenrouter(model: string, key?: string): string {
  return `# pip install openrouter
import os
from openrouter import OpenRouter

with OpenRouter(
    server_url="${apiAddress()}",
    api_key=${key ? `"${key}"` : `os.environ["${KEY_NAME}"]`},
) as client:
    answer = client.chat.send(
        model="${model}",
        messages=[{"role": "user", "content": "${PROMPT}"}],
    )
    print(answer.choices[0].message.content)`;
}

export function typescript(model: string, key?: string): string {
  return `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${apiAddress()}",
  apiKey: ${key ? `"${key}"` : `process.env.${KEY_NAME}`},
});
const stream = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "${PROMPT}" }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}`;
}

export function snippets(model: string, key?: string): Snippet[] {
  return [
    { name: "curl", code: curl(model, key) },
    { name: "Python · openai", code: pythonOpenai(model, key) },
    { name: "Python · openrouter", code: pythonOpenrouter(model, key) },
    { name: "TypeScript", code: typescript(model, key) },
  ];
}
