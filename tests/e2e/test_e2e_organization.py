"""An organisation in the browser: made, somebody invited who joins, given another role, and put out again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from e2e_words import say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from e2e_stage import Open, Stage
    from playwright.sync_api import Page


def press(page: Page, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).last.click()


def field(page: Page, language: str, key: str, text: str) -> None:
    page.get_by_label(re.compile("^" + re.escape(say(language, key)))).last.fill(text)


def test_somebody_is_invited_joins_and_is_put_out(open_page: Open, stage: Stage, language: str) -> None:
    tag = language.lower()
    owner = stage.person(f"org-owner-{tag}@example.test")
    guest = stage.person(f"org-guest-{tag}@example.test")
    page = open_page("/settings/organization", language=language, person=owner)
    field(page, language, "organization.newName", f"Acme {tag}")
    press(page, language, "organization.create")
    expect(page.get_by_role("heading", name=f"Acme {tag}", level=1)).to_be_visible()

    field(page, language, "organization.inviteEmail", guest.email)
    press(page, language, "organization.invite")
    link = page.get_by_role("status").locator("code").inner_text()
    stage.mailbox.wait(guest.email)
    token = link.partition("#")[2]

    # Who is not signed in is led to the sign-in page and comes back; the token never stands in an address.
    outside = open_page(f"/invitation#{token}", language=language)
    expect(outside.get_by_text(f"Acme {tag}")).to_be_visible()
    outside.get_by_role("link", name=say(language, "signIn.title"), exact=True).last.click()
    expect(outside).to_have_url(re.compile("/sign-in"))
    assert token not in outside.url

    joining = open_page(f"/invitation#{token}", language=language, person=guest, width=390)
    press(joining, language, "invitation.accept")
    expect(joining.get_by_role("heading", name=f"Acme {tag}", level=1)).to_be_visible()
    expect(joining.get_by_role("button", name=say(language, "organization.invite"), exact=True)).to_be_hidden()

    page.reload()
    members = page.get_by_role("table", name=say(language, "organization.members"))
    members.get_by_role("combobox").click()
    page.get_by_role("option", name=say(language, "organization.roles.admin")).click()
    joining.reload()
    expect(joining.get_by_role("button", name=say(language, "organization.invite"), exact=True)).to_be_visible()

    members.get_by_role("button", name=say(language, "organization.remove"), exact=True).click()
    dialog = page.get_by_role("dialog", name=say(language, "organization.removeTitle"))
    dialog.get_by_role("button", name=say(language, "organization.remove"), exact=True).click()
    expect(members.get_by_text(guest.email)).to_be_hidden()
    # Their browser looks at their own account again, or is told that this one is gone.
    joining.goto("/settings/organization")
    expect(joining.get_by_role("heading", name=f"Acme {tag}", level=1)).to_be_hidden()


def test_a_spent_invitation_is_told(open_page: Open, language: str) -> None:
    page = open_page("/invitation#there-is-no-such-invitation", language=language)
    expect(page.get_by_role("alert")).to_have_text(say(language, "invitation.spent"))
