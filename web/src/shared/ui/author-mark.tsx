/** The mark of a model's author or a provider; a letter where there is none. Files of their own, loaded when seen. */
import classes from "./author-mark.module.css";

const FILES = import.meta.glob<string>(
  [
    "/node_modules/@lobehub/icons-static-svg/icons/{ai2,ai21,aionlabs,alibaba,alibabacloud,anthropic,arcee,aws,azure,baai,baichuan,baidu,baseten,bedrock,bytedance,cerebras,chatglm,cloudflare,cohere,crusoe,deepcogito,deepinfra,deepseek,fireworks,friendli,gemma,google,groq,huggingface,hunyuan,hyperbolic,ibm,inception,inflection,internlm,jina,kwaipilot,lambda,liquid,longcat,meta,microsoft,minimax,mistral,moonshot,morph,nebius,nousresearch,novita,nvidia,ollama,openai,openrouter,parasail,perplexity,phind,qwen,reka,replicate,rwkv,sambanova,siliconcloud,snowflake,sophnet,stability,stepfun,targon,tencent,thudm,tii,together,upstage,venice,vertexai,vllm,volcengine,voyage,wenxin,xai,xiaomimimo,yandex,yi,zai,zeroone,zhipu}.svg",
  ],
  { query: "?url", import: "default", eager: true },
);

const MARKS = new Map(
  Object.entries(FILES).map(([path, url]) => [path.slice(path.lastIndexOf("/") + 1, -".svg".length), url]),
);

/** Names the catalogue uses that differ from the marks'. */
const OTHER_NAMES: Record<string, string> = {
  "01-ai": "yi",
  "aion-labs": "aionlabs",
  allenai: "ai2",
  amazon: "aws",
  "amazon-bedrock": "bedrock",
  "arcee-ai": "arcee",
  "deep-cogito": "deepcogito",
  "google-ai-studio": "google",
  "google-vertex": "vertexai",
  gemini: "google",
  "ibm-granite": "ibm",
  "meta-llama": "meta",
  mistralai: "mistral",
  moonshotai: "moonshot",
  nous: "nousresearch",
  rekaai: "reka",
  stabilityai: "stability",
  "stepfun-ai": "stepfun",
  thudm: "chatglm",
  tiiuae: "tii",
  vertex: "vertexai",
  "x-ai": "xai",
  xiaomi: "xiaomimimo",
  "z-ai": "zai",
};

export function AuthorMark({ author, size = 20 }: { author: string; size?: number }) {
  const name = author.replace(/^~/, "").toLowerCase();
  const url = MARKS.get(OTHER_NAMES[name] ?? name) ?? MARKS.get(name.replaceAll("-", ""));
  const style = { width: size, height: size, fontSize: size * 0.55 };
  if (!url) {
    return (
      <span className={classes.letter} style={style} aria-hidden>
        {name.charAt(0).toUpperCase()}
      </span>
    );
  }
  return <span className={classes.mark} style={{ ...style, maskImage: `url("${url}")` }} aria-hidden />;
}
