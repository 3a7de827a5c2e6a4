"""What other gateways keep, small: made from their public schemas."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LITELLM", "TOKEN", "a_database"]

TOKEN = "kT9" + "a" * 45

LITELLM = """
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o-2024-08-06
      api_key: os.environ/OPENAI_API_KEY
      input_cost_per_token: 0.0000025
      output_cost_per_token: 1e-5
      rpm: 100
    model_info: {max_input_tokens: 128000, max_output_tokens: 16384, supports_function_calling: true, mode: chat}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o-2024-08-06, api_key: sk-second, weight: 3}
  - model_name: claude
    litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: sk-ant, input_cost_per_token: 0.000003,
                     output_cost_per_token: 0.000015}
  - model_name: house
    litellm_params: {model: openai/llama, api_base: "http://127.0.0.1:9/v1", api_key: none,
                     input_cost_per_token: 0, output_cost_per_token: 0}
  - model_name: vectors
    litellm_params: {model: openai/text-embedding-3-small, input_cost_per_token: "0.00000002"}
    model_info: {mode: embedding}
  - model_name: unpriced
    litellm_params: {model: groq/some-model, api_key: os.environ/GROQ_API_KEY}
  - model_name: cloud
    litellm_params: {model: vertex_ai/gemini, vertex_project: x}
  - model_name: "anthropic/*"
    litellm_params: {model: "anthropic/*"}
  - litellm_params: {}
router_settings:
  model_group_alias: {"team/best": gpt-4o, bare: claude}
  fallbacks: [{gpt-4o: [claude]}]
general_settings: {master_key: sk-1234}
"""


def a_database(path: Path, *, new_api: bool, base_url: str) -> str:
    """A small one of the other system, as its public schema has it."""
    more = ", auto_ban INTEGER DEFAULT 1, setting TEXT" if new_api else ""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            f"""
            CREATE TABLE channels (id INTEGER PRIMARY KEY, type INTEGER, key TEXT, status INTEGER, name TEXT,
                weight INTEGER, base_url TEXT, models TEXT, model_mapping TEXT, "group" TEXT{more});
            CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password TEXT, email TEXT, status INTEGER,
                quota INTEGER, "group" TEXT, deleted_at TEXT);
            CREATE TABLE tokens (id INTEGER PRIMARY KEY, user_id INTEGER, key TEXT, status INTEGER, name TEXT,
                expired_time INTEGER, remain_quota INTEGER, unlimited_quota INTEGER, deleted_at TEXT);
            CREATE TABLE options (key TEXT PRIMARY KEY, value TEXT);
            INSERT INTO options VALUES ('ModelRatio', '{{"gpt-4o": 1.25, "plainly": 0.5}}'),
                ('CompletionRatio', '{{"gpt-4o": 4, "plainly": 2}}'), ('ModelPrice', '{{"by-piece": 0.04}}'),
                ('QuotaPerUnit', '500000');
            """  # noqa: S608 (ours)
        )
        mapping = '{"by-piece": "text", "plainly": "text"}'
        mistral, deepseek = (42, 43) if new_api else (28, 36)
        channels: list[tuple[Any, ...]] = [
            (1, 1, "sk-a\nsk-b", 1, "OpenAI", 2, "", "gpt-4o,no-price", "", "default"),
            (2, 8, "up-key", 1, "Own", 0, base_url, "plainly,by-piece", mapping, "vip"),
            (3, 18, "x", 1, "Spark", 0, "", "spark", "", "default"),
            (4, mistral, "sk-m", 2, "Mistral off", 0, "", "gpt-4o", "{", "default"),
            (5, deepseek, "sk-d", 1, "DeepSeek", 0, "", "deepseek-chat", "", "default"),
        ]
        names = 'id, type, key, status, name, weight, base_url, models, model_mapping, "group"'
        database.executemany(f"INSERT INTO channels ({names}) VALUES (?,?,?,?,?,?,?,?,?,?)", channels)  # noqa: S608
        people = [
            (1, "root", "$2a$", "root@other.test", 1, 5_000_000, "default", None),
            (2, "nobody", "$2a$", "", 1, 250_000, "vip", None),
            (3, "gone", "$2a$", "gone@other.test", 2, 9, "default", None),
        ]
        database.executemany("INSERT INTO users VALUES (?,?,?,?,?,?,?,?)", people)
        tokens = [
            (1, 1, TOKEN, 1, "laptop", -1, 1_000_000, 0, None),
            (2, 1, "off" + "b" * 45, 2, "off", -1, 0, 1, None),
            (3, 2, "old" + "c" * 45, 1, "old", 1_000_000_000, 0, 1, None),
            (4, 2, "del" + "d" * 45, 1, "deleted", -1, 0, 1, "2026-01-01"),
        ]
        database.executemany("INSERT INTO tokens VALUES (?,?,?,?,?,?,?,?,?)", tokens)
    return str(path)
