"""What the operators' API of prices takes and gives; parts and prices are decimal texts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from modelport.kit.money import format_price
from modelport.people.me_routes import when

if TYPE_CHECKING:
    from modelport.catalog.price_book import Quote
    from modelport.catalog.rules import Rule

__all__ = [
    "GroupData",
    "GroupGiven",
    "GroupList",
    "PriceQuote",
    "PriceQuotes",
    "PriceRule",
    "PriceRuleData",
    "PriceRules",
]


class PriceRule(BaseModel):
    """A mark-up, a discount or both; what is left out fits everything."""

    model: str | None = Field(default=None, max_length=200, description="An id, or a pattern such as `openai/*`.")
    provider: str | None = Field(default=None, max_length=100, description="A slug.")
    group: str | None = Field(default=None, max_length=60, description="A group of accounts.")
    markup: str | None = Field(default=None, max_length=20, description="Part that is added: `0.2` for 20 %.")
    discount: str | None = Field(
        default=None, max_length=20, description="Part of the marked-up price that is not charged: `0.05` for 5 %."
    )

    @property
    def parts(self) -> dict[str, str | None]:
        """As the price book takes them; nothing but blanks is nothing."""
        given = self.model_dump()
        given["account_group"] = given.pop("group")
        return {name: (text or "").strip() or None for name, text in given.items()}


class PriceRuleData(PriceRule):
    """A rule in force."""

    id: str
    created_at: datetime
    of_a_dollar: str = Field(description="What it alone makes of a price of one dollar.")
    endpoints: int = Field(description="Endpoints it is about that can be called now.")

    @classmethod
    def of(cls, rule: Rule, endpoints: int) -> Self:
        """As operators see it."""
        return cls(
            id=rule.id,
            model=rule.model,
            provider=rule.provider,
            group=rule.account_group,
            markup=rule.markup,
            discount=rule.discount,
            created_at=when(rule.created_at),
            of_a_dollar=rule.of_a_dollar,
            endpoints=endpoints,
        )


class PriceRules(BaseModel):
    """Every rule in force, the oldest first."""

    data: list[PriceRuleData]


class GroupData(BaseModel):
    """A group of accounts that rules may be for."""

    name: str
    accounts: int
    rules: int = Field(description="Rules in force that are for it.")


class GroupList(BaseModel):
    """Every group that has accounts or rules."""

    data: list[GroupData]


class GroupGiven(BaseModel):
    """Body of `PUT /accounts/{account_id}/group`."""

    group: str | None = Field(max_length=60, description="Its name; null for none.")


class PriceQuote(BaseModel):
    """One endpoint of a model; prices in USD per unit, before a discount that the catalogue itself gives."""

    tag: str
    provider: str
    listed: dict[str, str] = Field(description="What the catalogue says.")
    charged: dict[str, str] = Field(description="What callers pay.")
    cost: dict[str, str] = Field(description="What the provider charges.")
    factor: str | None = Field(description="What the rules make of a price, as a fraction; null for no change.")
    rules: list[str] = Field(description="Ids of the rules that count.")

    @classmethod
    def of(cls, quote: Quote) -> Self:
        """As operators see it."""
        cost = quote.endpoint.cost_pricing or quote.listed
        prices = [
            {name: format_price(price) for name, price in each.shown(each.prices).items()}
            for each in (quote.listed, quote.terms.pricing, cost)
        ]
        return cls(
            tag=quote.endpoint.tag,
            provider=quote.endpoint.provider.slug,
            listed=prices[0],
            charged=prices[1],
            cost=prices[2],
            factor=quote.terms.factor,
            rules=(quote.terms.rules or "").split(),
        )


class PriceQuotes(BaseModel):
    """What a model costs somebody, by endpoint."""

    model: str
    group: str | None
    data: list[PriceQuote]
