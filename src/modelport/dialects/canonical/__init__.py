"""The one vocabulary every dialect is read into and written from.

A request in any dialect becomes a `Request`; an answer in any dialect, streamed or whole, becomes the same `Event`s in
the order in which the model produced them. So n dialects need n readers and n writers, and routing, billing and
records never look at a wire format.

Three rules keep translation faithful:

- Order is kept: a message is a list of parts as the model wrote them, reasoning between tool calls included.
- Bytes that mean something to somebody else are opaque: tool arguments stay the text they came as, schemas and
  unknown fields stay `Raw`, signatures and encrypted reasoning are passed back unchanged.
- Absent is not null is not zero: None means that the caller said nothing, and nothing is invented for it.
"""

from __future__ import annotations

from modelport.dialects.canonical.efforts import nearest_share, share_of, thinking_budget
from modelport.dialects.canonical.events import (
    AnnotationEvent,
    AudioDelta,
    Event,
    Finish,
    ImageEvent,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from modelport.dialects.canonical.fields import Fields
from modelport.dialects.canonical.folding import (
    Choice,
    Output,
    fold,
    mark,
)
from modelport.dialects.canonical.meaning import (
    Charged,
    FinishReason,
    Identity,
    Usage,
)
from modelport.dialects.canonical.ordered import OrderedBlocks, WaitingCall
from modelport.dialects.canonical.request import (
    Annotation,
    Audio,
    CacheMark,
    File,
    Image,
    Message,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    ResponseFormat,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)
from modelport.dialects.canonical.respelling import Places, respelled
from modelport.dialects.canonical.target import Target

__all__ = [
    "Annotation",
    "AnnotationEvent",
    "Audio",
    "AudioDelta",
    "CacheMark",
    "Charged",
    "Choice",
    "Event",
    "Fields",
    "File",
    "Finish",
    "FinishReason",
    "Identity",
    "Image",
    "ImageEvent",
    "LogprobsDelta",
    "Message",
    "OrderedBlocks",
    "Output",
    "Part",
    "Places",
    "Reasoning",
    "ReasoningDelta",
    "ReasoningOptions",
    "Refusal",
    "RefusalDelta",
    "Request",
    "ResponseFormat",
    "Role",
    "Start",
    "Target",
    "Text",
    "TextDelta",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolChoice",
    "ToolResult",
    "Usage",
    "UsageEvent",
    "Video",
    "WaitingCall",
    "fold",
    "mark",
    "nearest_share",
    "respelled",
    "share_of",
    "thinking_budget",
]
