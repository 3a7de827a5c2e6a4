"""Clouds that serve models of many makers, in ways of their own."""

from __future__ import annotations

from typing import Final

from modelport.providers.provider import Wire
from modelport.providers.row import Fact, Links, Option, Row
from modelport.providers.rows.wires import CAUTION, DAY, compatible, responses

__all__ = ["ROWS"]

_AZURE_LINKS: Final[Links] = {
    "privacy_policy_url": "https://privacy.microsoft.com/privacystatement",
    "terms_of_service_url": "https://azure.microsoft.com/support/legal",
    "status_page_url": "https://azure.status.microsoft/status",
    "headquarters": "US",
}
_GOOGLE_LINKS: Final[Links] = {
    "privacy_policy_url": "https://cloud.google.com/terms/cloud-privacy-notice",
    "terms_of_service_url": "https://cloud.google.com/terms",
    "status_page_url": "https://status.cloud.google.com",
    "headquarters": "US",
}
_AZURE_TOKENS: Final = {"max_tokens": "max_completion_tokens"}
_NO_SAMPLERS: Final = frozenset({"top_k", "min_p", "top_a", "repetition_penalty"})
_VERTEX: Final = "/projects/{project}/locations/{location}"
_VERTEX_DOCS: Final = "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"
_VERTEX_FACTS: Final = (
    Fact("Gemini is reached below `publishers/google`, and the key of a service account becomes a bearer token",
         "recorded: generateContent", DAY),
    Fact("Claude is reached by `:rawPredict` and `:streamRawPredict`; the model stands in the address only, and the "
         "version of the format in the body as `vertex-2023-10-16`",
         "https://github.com/anthropics/anthropic-sdk-ruby (lib/anthropic/helpers/vertex/client.rb)", DAY),
    Fact("Models of others speak OpenAI's format",
         "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/call-vertex-using-openai-library", DAY),
    Fact("It is spoken below `endpoints/openapi`",
         "https://android.googlesource.com/platform/external/python/google-api-python-client "
         "(docs/dyn/aiplatform_v1beta1.projects.locations.endpoints.openapi.html)", DAY),
)  # fmt: skip


def _vertex(host: str) -> dict[str, Wire]:
    return {
        "gemini": Wire(base_url=f"https://{host}/v1beta1{_VERTEX}/publishers/google", auth="google"),
        "anthropic_messages": Wire(
            base_url=f"https://{host}/v1{_VERTEX}/publishers/anthropic",
            auth="google",
            path="/models/{model}:rawPredict",
            stream_path="/models/{model}:streamRawPredict",
            drops=frozenset({"model"}),
            adds={"anthropic_version": "vertex-2023-10-16"},
        ),
        "openai_chat": compatible(f"https://{host}/v1{_VERTEX}/endpoints/openapi", auth="google"),
    }


ROWS: Final = (
    Row(
        slug="azure",
        name="Azure",
        wires={
            "openai_chat": Wire(
                base_url="https://{resource}.openai.azure.com/openai/v1",
                auth="api-key",
                renames=_AZURE_TOKENS,
                drops=_NO_SAMPLERS,
            ),
            "openai_responses": responses(
                "https://{resource}.openai.azure.com/openai/v1",
                reasoning_format="azure-openai-responses-v1",
                auth="api-key",
            ),
        },
        vectors=True,
        options={"resource": Option("the name of the resource, as in `https://NAME.openai.azure.com`")},
        key_variable="AZURE_OPENAI_API_KEY",
        models="openai",
        docs="https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle",
        facts=(
            Fact("Below `/openai/v1` no `api-version` is needed, and the model is the name of a deployment",
                 "https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle", DAY),
            Fact("A key is shown as `api-key`", "recorded: openai/v1/responses", DAY),
        ),
        **_AZURE_LINKS,
    ),
    Row(
        slug="azure-deployments",
        name="Azure",
        wires={
            "openai_chat": Wire(
                base_url="https://{resource}.openai.azure.com/openai",
                auth="api-key",
                path="/deployments/{model}{path}",
                query={"api-version": "{api_version}"},
                renames=_AZURE_TOKENS,
                drops=_NO_SAMPLERS,
            ),
        },
        options={
            "resource": Option("the name of the resource, as in `https://NAME.openai.azure.com`"),
            "api_version": Option("the dated version of the API", "2024-10-21"),
        },
        key_variable="AZURE_OPENAI_API_KEY",
        docs="https://learn.microsoft.com/azure/ai-foundry/openai/reference",
        facts=(
            Fact("The older addresses: the deployment stands in the path, the version in the query",
                 "recorded: openai/deployments/X/chat/completions", DAY),
            Fact("`2024-10-21` is the newest version that is no preview",
                 "https://mvnrepository.com/artifact/io.github.tasure/sure-ai-azure", DAY),
        ),
        **_AZURE_LINKS,
    ),
    Row(
        slug="azure-ai-inference",
        name="Azure",
        wires={
            "openai_chat": Wire(
                base_url="https://{resource}.services.ai.azure.com/models",
                auth="api-key",
                query={"api-version": "{api_version}"},
                renames={"max_completion_tokens": "max_tokens", "messages.role.developer": "system"},
            ),
        },
        options={
            "resource": Option("the name of the resource, as in `https://NAME.services.ai.azure.com`"),
            "api_version": Option("the dated version of the API", "2024-05-01-preview"),
        },
        key_variable="AZURE_AI_API_KEY",
        docs="https://learn.microsoft.com/rest/api/aifoundry/modelinference",
        facts=(
            Fact("Models of all makers below one address, with the version in the query",
                 "recorded: models/chat/completions", DAY),
            CAUTION,
        ),
        **_AZURE_LINKS,
    ),
    Row(
        slug="google-vertex",
        name="Google Vertex",
        wires=_vertex("aiplatform.googleapis.com"),
        options={
            "project": Option("the id of the project"),
            "location": Option("where the models run; only `global` is reached here", "global"),
        },
        key_variable="GOOGLE_APPLICATION_CREDENTIALS_JSON",
        docs=_VERTEX_DOCS,
        facts=_VERTEX_FACTS,
        **_GOOGLE_LINKS,
    ),
    Row(
        slug="google-vertex-regional",
        name="Google Vertex",
        wires=_vertex("{location}-aiplatform.googleapis.com"),
        options={"project": Option("the id of the project"), "location": Option("a region, such as `europe-west4`")},
        key_variable="GOOGLE_APPLICATION_CREDENTIALS_JSON",
        docs=_VERTEX_DOCS,
        facts=(
            Fact("A region has a host of its own", "recorded: europe-west4-aiplatform.googleapis.com", DAY),
            *_VERTEX_FACTS,
        ),
        **_GOOGLE_LINKS,
    ),
    Row(
        slug="google-vertex-express",
        name="Google Vertex",
        wires={
            "gemini": Wire(base_url="https://aiplatform.googleapis.com/v1/publishers/google", auth="x-goog-api-key"),
        },
        key_variable="GOOGLE_API_KEY",
        docs="https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview",
        facts=(Fact("Gemini's format is spoken below `publishers/google`", "recorded: generateContent", DAY),
               Fact("A key without a project reaches Gemini below `publishers/google`",
                    "https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/"
                    "vertex-ai-express-mode-api-reference", DAY)),
        **_GOOGLE_LINKS,
    ),
    Row(
        slug="amazon-bedrock",
        name="Amazon Bedrock",
        wires={
            "bedrock_converse": Wire(base_url="https://bedrock-runtime.{region}.amazonaws.com", auth="aws"),
            "openai_chat": compatible("https://bedrock-mantle.{region}.api.aws/v1", auth="bearer"),
            "openai_responses": responses(
                "https://bedrock-mantle.{region}.api.aws/v1",
                reasoning_format="bedrock-openai-responses-v1",
                auth="bearer",
            ),
        },
        options={"region": Option("the region of AWS", "us-east-1")},
        key_variable="AWS_BEARER_TOKEN_BEDROCK",
        docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        facts=(
            Fact("Requests are signed (SigV4, service `bedrock`) with `id:secret[:session]`, or carry a key of "
                 "Bedrock's own as a bearer", "recorded: converse", DAY),
            Fact("OpenAI's formats are spoken at a second host, `bedrock-mantle`, with Bedrock's own keys",
                 "recorded: bedrock-mantle", DAY),
            CAUTION,
        ),
        privacy_policy_url="https://aws.amazon.com/privacy",
        terms_of_service_url="https://aws.amazon.com/service-terms",
        status_page_url="https://health.aws.amazon.com/health/status",
        headquarters="US",
    ),
    Row(
        slug="github-models",
        name="GitHub Models",
        wires={"openai_chat": Wire(base_url="https://models.github.ai/inference", auth="bearer")},
        key_variable="GITHUB_TOKEN",
        models="catalog",
        models_url="https://models.github.ai/catalog/models",
        docs="https://docs.github.com/rest/models/inference",
        facts=(
            Fact("A token with the scope `models` is the key; the list of models is at `/catalog/models`",
                 "https://github.blog/changelog/2025-05-15-github-models-api-now-available", DAY),
        ),
        privacy_policy_url="https://docs.github.com/site-policy/privacy-policies/github-general-privacy-statement",
        terms_of_service_url="https://docs.github.com/site-policy/github-terms/github-terms-of-service",
        status_page_url="https://www.githubstatus.com",
        headquarters="US",
    ),
)  # fmt: skip
"""In the order of the documentation."""
