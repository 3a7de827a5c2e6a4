/** The API reference in 简体中文: a title for each operation of the OpenAPI document, with what it says beside it. */
import type { OperationWords } from "../operations";

export const operations: OperationWords = {
  tags: {
    Chat: "对话",
    Responses: "Responses",
    Messages: "Messages",
    Gemini: "Gemini",
    Converse: "Converse",
    "Cohere v2": "Cohere v2",
    Vectors: "向量与重排",
    Routing: "路由",
    Models: "模型",
    "API keys": "API 密钥",
    Credits: "余额",
    Generations: "生成记录",
    Analytics: "用量分析",
    Presets: "预设",
    "Own provider keys": "自有密钥",
    Observability: "可观测性",
    "External users": "外部用户",
    Guardrails: "护栏",
    Workspaces: "工作区",
    Organizations: "组织",
    OAuth: "OAuth",
    Health: "服务状态",
  },
  operations: {
    "post /api/v1/chat/completions": ["对话补全，一次返回或流式返回"],
    "post /api/v1/completions": ["文本补全"],
    "post /api/v1/responses": ["OpenAI Responses，服务器不保存任何内容"],
    "post /api/v1/messages": ["Anthropic Messages"],
    "post /api/v1/messages/count_tokens": ["计算一条消息的 token 数，不收费"],
    "post /v1beta/models/{model}:generateContent": ["Gemini，一次返回"],
    "post /v1beta/models/{model}:streamGenerateContent": [
      "Gemini，流式返回：带 alt=sse 时为事件，否则为一个数组",
    ],
    "post /v1beta/models/{model}:countTokens": ["计算一次请求的 token 数，不收费"],
    "post /v1beta/models/{model}:embedContent": ["生成一个向量"],
    "post /v1beta/models/{model}:batchEmbedContents": ["批量生成向量"],
    "post /model/{model}/converse": ["Bedrock Converse，一次返回"],
    "post /model/{model}/converse-stream": ["Bedrock Converse，流式返回"],
    "post /v2/chat": ["Cohere v2 对话"],
    "post /v2/embed": ["Cohere v2 向量"],
    "post /v1/embed": ["同上，供旧版 Cohere 客户端使用"],
    "post /v2/rerank": ["Cohere v2 重排"],
    "post /api/v1/embeddings": ["生成向量"],
    "post /api/v1/rerank": ["按相关程度给文档排序"],
    "post /api/v1/route": ["查看对话请求此刻会如何路由，不发送，也不收费"],

    "get /api/v1/models": ["列出模型", "当前可以调用的模型；账户若有此设置，则只列出它可以使用的模型。"],
    "get /api/v1/models/user": ["列出我可用的模型", "调用方按其账户偏好和护栏可以使用的模型。"],
    "get /api/v1/models/count": ["统计模型数量", "当前可以调用的模型有多少个。"],
    "get /api/v1/model/{author}/{slug}": ["查看一个模型", "只差提供商密钥的模型会注明（status: inactive）。"],
    "get /api/v1/models/{author}/{slug}/endpoints": [
      "列出一个模型的端点",
      "提供该模型的端点；模型没有的变体则列表为空。加上 status=all 时，也列出提供商缺少密钥的端点。速度数据只向表明身份的调用方提供。",
    ],
    "get /api/v1/endpoints/zdr": [
      "列出零数据保留的端点",
      "不保留任何请求内容的全部端点。速度数据只向表明身份的调用方提供。",
    ],
    "get /api/v1/embeddings/models": ["列出向量模型", "可以生成向量的模型。"],
    "get /api/v1/images/models": ["列出图像模型", "本服务器不提供此类操作，列表为空。"],
    "get /api/v1/images/models/{author}/{slug}/endpoints": ["列出图像模型的端点", "本服务器没有这类模型。"],
    "get /api/v1/videos/models": ["列出视频模型", "本服务器不提供此类操作，列表为空。"],
    "get /api/v1/providers": ["列出提供商", "提供模型的各家提供商。"],
    "get /api/v1/tools": ["列出服务器工具", "由服务器自己运行的工具，目前没有。"],
    "get /api/v1/tools/{name}": ["查看一个服务器工具", "由服务器自己运行的一个工具。"],

    "get /api/v1/key": ["查看本次请求所用的密钥", "密钥的设置、截至最近一次结算的费用，以及还能做什么。"],
    "get /api/v1/credits": ["查看调用方账户的余额", "账户得到了多少、用了多少，截至最近一次结算。"],
    "get /api/v1/keys": ["列出 API 密钥", "从 offset 起的一百个，最新的在前。"],
    "post /api/v1/keys": [
      "创建 API 密钥",
      "密钥明文只出现在这一次响应里，此后任何地方都不再显示。管理密钥须由已登录的人创建。",
    ],
    "get /api/v1/keys/{hash}": ["查看一个 API 密钥", "不包含密钥明文。"],
    "patch /api/v1/keys/{hash}": ["修改 API 密钥", "一秒之内在所有服务器上生效。"],
    "delete /api/v1/keys/{hash}": ["删除 API 密钥", "一秒之内所有服务器都会拒绝它；它的使用记录仍然保留。"],
    "post /api/v1/keys/{hash}/rotate": [
      "轮换 API 密钥",
      "限额、用量和名称不变；旧的明文还会继续有效一段时间，不必中断服务。",
    ],
    "post /api/v1/leaked-keys": [
      "举报泄露的 API 密钥",
      "供扫描工具和发现者使用：密钥立即停用，并通知其所有者。",
    ],

    "get /api/v1/generation": ["查看调用方账户的一条生成记录", "用量、费用、由谁回答、如何路由。"],
    "get /api/v1/generation/cost": [
      "查看一条生成记录的费用构成",
      "每个计费项的数量、单价（美元）和金额（美元）。",
    ],
    "get /api/v1/generation/content": [
      "查看一条生成记录的输入和输出",
      "仅当账户允许保存提示词和回答时才有，保存期限由账户决定。",
    ],
    "post /api/v1/generation/feedback": ["对一条生成记录提出反馈", "每人对每条记录只能提一次。"],

    "get /api/v1/activity": ["最近 30 个完整 UTC 日的用量，按端点统计", "账户的用量，最新的一天在前。"],
    "get /api/v1/analytics/meta": ["查看可以查询什么", "指标、维度、运算符和时间粒度。"],
    "post /api/v1/analytics/query": [
      "查询账户的用量数据",
      "按维度和时间统计的指标，来自每小时和每日汇总；分钟粒度、百分位数等汇总里没有的数据，则从最多 31 天的逐条记录中计算。",
    ],
    "get /api/v1/datasets/rankings-daily": [
      "用量前 50 的模型每日 token 数",
      "输入与输出 token 合计，统计所有人的用量；每天每个模型一行，最后是其他（other）。",
    ],
    "get /api/v1/datasets/app-rankings": [
      "token 用量最多的应用",
      "按所选时段的总 token 数排名，或（trending）按比上一时段增加的数量排名。",
    ],
    "get /api/v1/datasets/session-cost": [
      "按应用、模型和轮数统计会话费用",
      "最近七个完整 UTC 日的中位数，每天计算一次；只有会话和账户足够多、无法认出任何一个时才提供。",
    ],

    "get /api/v1/presets": ["列出账户的预设，最近修改的在前", "不含内容。"],
    "get /api/v1/presets/{slug}": ["查看一个预设及其使用中的版本", "账户没有这个名称的预设时返回 404。"],
    "get /api/v1/presets/{slug}/versions": ["列出一个预设的版本，最早的在前", "包含内容。"],
    "get /api/v1/presets/{slug}/versions/{version}": ["查看一个预设的某个版本", "按版本号。"],
    "post /api/v1/presets/{slug}/chat/completions": [
      "用对话请求制作预设",
      "只保留属于预设的内容；已有的预设会得到一个新版本，立即启用。",
    ],
    "post /api/v1/presets/{slug}/messages": ["用 Messages 请求制作预设", "与用对话请求制作相同。"],
    "post /api/v1/presets/{slug}/responses": ["用 Responses 请求制作预设", "与用对话请求制作相同。"],

    "get /api/v1/byok": ["列出工作区的自有密钥", "按尝试的先后顺序。"],
    "post /api/v1/byok": ["添加自有密钥", "从此工作区的请求在该提供商处使用它。密钥此后不再显示。"],
    "get /api/v1/byok/{id}": ["查看一个自有密钥", "不包含密钥明文。"],
    "patch /api/v1/byok/{id}": ["修改自有密钥", "一秒之内在所有服务器上生效；给出 key 时换成新的密钥。"],
    "delete /api/v1/byok/{id}": ["删除自有密钥", "密钥被彻底清除，请求重新使用服务器的密钥。"],
    "post /api/v1/byok/{id}/test": [
      "测试自有密钥",
      "立即向提供商出示密钥：请求其模型列表；若任何人都能取得列表，则请求一个 token。",
    ],

    "get /api/v1/observability/destinations": ["列出工作区的推送目标", "最早的在前，并附推送情况。"],
    "post /api/v1/observability/destinations": ["添加推送目标", "Webhook 的签名密钥只出现在这一次响应里。"],
    "get /api/v1/observability/destinations/{id}": ["查看一个推送目标", "配置中的机密会被隐藏。"],
    "patch /api/v1/observability/destinations/{id}": [
      "修改推送目标",
      "没有提到的保持不变；原样传回的隐藏机密也保持不变。",
    ],
    "delete /api/v1/observability/destinations/{id}": ["删除推送目标", "尚未送达的内容不再发送。"],
    "post /api/v1/observability/destinations/{id}/test": [
      "测试推送目标",
      "立即发送一个不含调用数据的请求（带 X-Test-Connection: true），并返回对方的响应。",
    ],

    "get /api/v1/external-users": [
      "列出已登记的外部用户",
      "账户名下的外部用户，最早的在前；可要求同时列出已停用的。",
    ],
    "post /api/v1/external-users": ["登记一个外部用户", "账户给自己的客户指定的标识，不能用来登录。"],
    "get /api/v1/external-users/{user}": ["查看一个已登记的外部用户", "无论是否停用。"],
    "patch /api/v1/external-users/{user}": [
      "修改一个已登记的外部用户",
      "无论是否停用，带有该标识的请求都照常得到回答。",
    ],
    "delete /api/v1/external-users/{user}": [
      "停用一个已登记的外部用户",
      "标识会保留；重复停用没有影响。用 PATCH 可以重新启用。",
    ],

    "get /api/v1/guardrails": ["列出工作区的护栏", "最新的在前。"],
    "post /api/v1/guardrails": [
      "创建护栏",
      "分配之后才对密钥或成员生效；要约束工作区里的所有人，请修改工作区的默认护栏。",
    ],
    "get /api/v1/guardrails/{guardrail_id}": [
      "查看一个护栏",
      "按其 ID；工作区默认护栏的 ID 见工作区的 default_guardrail_id。",
    ],
    "patch /api/v1/guardrails/{guardrail_id}": [
      "修改护栏",
      "没有提到的保持不变，列表则整体替换。一秒之内在所有服务器上生效。",
    ],
    "delete /api/v1/guardrails/{guardrail_id}": [
      "删除护栏",
      "连同其分配一起删除；工作区的默认护栏从此不再有任何约束。",
    ],
    "get /api/v1/guardrails/assignments/keys": ["列出有护栏的密钥", "涵盖所有护栏，最新的在前。"],
    "get /api/v1/guardrails/assignments/members": ["列出有护栏的成员", "涵盖所有护栏，最新的在前。"],
    "get /api/v1/guardrails/{guardrail_id}/assignments/keys": ["列出一个护栏适用的密钥", "最新的在前。"],
    "post /api/v1/guardrails/{guardrail_id}/assignments/keys": [
      "把护栏分配给密钥",
      "一个密钥最多有一个护栏，新的会取代原有的。",
    ],
    "post /api/v1/guardrails/{guardrail_id}/assignments/keys/remove": [
      "从密钥上取消护栏",
      "原本没有该护栏的不计入数量。",
    ],
    "get /api/v1/guardrails/{guardrail_id}/assignments/members": ["列出一个护栏适用的成员", "最新的在前。"],
    "post /api/v1/guardrails/{guardrail_id}/assignments/members": [
      "把护栏分配给成员",
      "一个成员最多有一个护栏，新的会取代原有的。",
    ],
    "post /api/v1/guardrails/{guardrail_id}/assignments/members/remove": [
      "从成员上取消护栏",
      "原本没有该护栏的不计入数量。",
    ],

    "get /api/v1/workspaces": ["列出账户的工作区", "默认工作区在最前。"],
    "post /api/v1/workspaces": ["创建工作区", "创建者自动成为其成员。"],
    "get /api/v1/workspaces/{ref}": ["按 ID 或标识查看工作区", "仅限账户自己的工作区。"],
    "patch /api/v1/workspaces/{ref}": ["修改工作区", "没有提到的保持不变。"],
    "delete /api/v1/workspaces/{ref}": ["删除工作区", "其中不能有启用的密钥；默认工作区须另行确认。"],
    "get /api/v1/workspaces/{ref}/members": ["列出工作区成员", "账户里的每个人都在默认工作区中。"],
    "post /api/v1/workspaces/{ref}/members/add": [
      "把成员加入工作区",
      "须是账户的成员；已在其中的不出现在响应里。",
    ],
    "post /api/v1/workspaces/{ref}/members/remove": [
      "把成员移出工作区",
      "在其中还有启用的密钥的成员不能移出。",
    ],
    "get /api/v1/workspaces/{ref}/budgets": ["列出工作区的预算", "周期最短的在前。"],
    "get /api/v1/workspaces/{ref}/budgets/{interval}": ["查看工作区的一项预算", "该周期的预算。"],
    "put /api/v1/workspaces/{ref}/budgets/{interval}": [
      "设置工作区的一项预算",
      "周期越长，限额须越高，否则返回 400。",
    ],
    "delete /api/v1/workspaces/{ref}/budgets/{interval}": ["取消工作区的一项预算", "重复取消没有影响。"],

    "get /api/v1/organization/members": ["列出账户的成员", "最早加入的在前。"],
    "get /api/v1/organization/settings": ["查看账户设置", "对账户的所有密钥和成员有效。"],
    "patch /api/v1/organization/settings": ["修改账户设置", "从下一个请求起生效。"],

    "post /api/v1/auth/keys": [
      "用授权码换取密钥",
      "只能换一次。创建授权码时若设了 challenge，换取时须同时出示 verifier。",
    ],
    "post /api/v1/auth/keys/code": [
      "创建授权码",
      "供调用方信任的应用使用。本身受限的密钥不能创建不受限的密钥。",
    ],

    "get /healthz": ["进程是否存活"],
    "get /readyz": ["服务器能否处理请求"],
  },
};
