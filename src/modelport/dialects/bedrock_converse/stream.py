"""Streams of this dialect, in both directions."""

from modelport.dialects.bedrock_converse.stream_patch import Patcher
from modelport.dialects.bedrock_converse.stream_read import Reader
from modelport.dialects.bedrock_converse.stream_write import COMMENT, CONTENT_TYPE, Writer

__all__ = ["COMMENT", "CONTENT_TYPE", "Patcher", "Reader", "Writer"]
