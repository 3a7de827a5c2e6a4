"""What the local free model is, for the catalogue, and the error that says it is not to be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modelport.errors import Unavailable

__all__ = ["LOCAL_MODEL", "LocalModelFacts", "LocalModelUnavailable"]


class LocalModelUnavailable(Unavailable):
    """The local model can't run here, or not now: what is wrong, and what the operator can do about it."""

    def __init__(self, reason: str, remedy: str, *, retryable: bool = False) -> None:
        super().__init__(f"The local model is not available: {reason} {remedy}")
        self.reason = reason
        """What is wrong: one sentence."""
        self.remedy = remedy
        """What to do: one sentence."""
        self.retryable = retryable
        """Whether trying again later, with nothing changed on this machine, may work."""


@dataclass(frozen=True, slots=True)
class LocalModelFacts:
    """What the catalogue says about the local model."""

    id: str
    upstream_model: str
    """The name the engine knows it by."""
    name: str
    description: str
    context_length: int
    """Tokens of prompt and answer together, shared by the requests running at the same time."""
    max_completion_tokens: int
    usual_completion_tokens: int
    """Where the caller names no number: so small a model does not always find an end of its own, and would go on
    repeating itself for minutes."""
    supported_parameters: tuple[str, ...]
    """Each seen to change the engine's answer. No `tools`: the model's own template ignores them silently."""
    renames: tuple[tuple[str, str], ...]
    """(our parameter, the engine's): the engine ignores the names it does not know."""
    hugging_face_id: str
    license: str
    quantization: str


LOCAL_MODEL: Final = LocalModelFacts(
    id="modelport/smollm2-135m-instruct:free",
    upstream_model="smollm2-135m-instruct",
    name="SmolLM2 135M Instruct (local, free)",
    description=(
        "A very small model that runs inside this server, so that there is something to talk to before any "
        "provider is configured. A demonstration, English only: it writes fluent sentences and knows simple "
        "facts, but it gets sums wrong, makes things up and repeats itself. Free, and nothing leaves the machine."
    ),
    context_length=8192,
    max_completion_tokens=4096,
    usual_completion_tokens=1024,
    supported_parameters=(
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "min_p",
        "presence_penalty",
        "repetition_penalty",
        "response_format",
        "seed",
        "stop",
        "structured_outputs",
        "temperature",
        "top_k",
        "top_logprobs",
        "top_p",
    ),
    renames=(("repetition_penalty", "repeat_penalty"),),
    hugging_face_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    license="Apache-2.0",
    quantization="int4",
)
