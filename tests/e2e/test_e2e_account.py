"""Signing up with a mailed code, out and in again, the second factor, and the end of a session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from e2e_words import say
from playwright.sync_api import expect
from pyotp.totp import TOTP

from people.people_house import PASSWORD, code_of, link_of

if TYPE_CHECKING:
    from e2e_stage import Open, Person, Stage
    from playwright.sync_api import Page


def fill(page: Page, language: str, **fields: str) -> None:
    for name, value in fields.items():
        page.get_by_label(re.compile("^" + re.escape(say(language, f"signIn.{name}")))).first.fill(value)


def press(page: Page, language: str, key: str) -> None:
    page.get_by_role("button", name=say(language, key), exact=True).click()


def sign_out(page: Page, language: str) -> None:
    page.get_by_role("button", name=say(language, "shell.accountOf", name="")).click()
    page.get_by_role("menuitem", name=say(language, "shell.signOut")).click()


def test_sign_up_with_a_mailed_code_then_out_and_in(open_page: Open, stage: Stage, language: str) -> None:
    address = f"new-{language.lower()}@example.test"
    page = open_page("/sign-in", language=language)
    page.get_by_role("button", name=say(language, "signIn.up"), exact=True).click()
    fill(page, language, email=address, password=PASSWORD)
    press(page, language, "signIn.up")
    expect(page.get_by_text(say(language, "signIn.confirmSent", email=address))).to_be_visible()
    mail = stage.mailbox.wait(address)
    fill(page, language, code=code_of(mail))
    press(page, language, "signIn.go")
    expect(page).to_have_url(re.compile("/chat$"))
    sign_out(page, language)
    expect(page).to_have_url(f"{stage.url}/")

    # A page of one's own leads to the sign-in page, and from there back to it.
    page.goto("/settings/credits")
    expect(page).to_have_url(re.compile("/sign-in"))
    fill(page, language, email=address, password="not-the-password-1")
    press(page, language, "signIn.in")
    expect(page.get_by_role("alert")).to_have_text(say(language, "signIn.wrong"))
    fill(page, language, email=address, password=PASSWORD)
    press(page, language, "signIn.in")
    expect(page).to_have_url(re.compile("/settings/credits$"))
    expect(page.get_by_text("$0.50").first).to_be_visible()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the identity server's own, in its thread
def test_sign_in_at_the_companys_openid_server(open_page: Open, stage: Stage, language: str) -> None:
    assert stage.openid is not None
    subject, address = f"worker-{language.lower()}", f"worker-{language.lower()}@company.test"
    stage.openid.person(subject, email=address, email_verified=True, name="Wanda Worker")
    page = open_page("/sign-in?to=/settings/profile", language=language, elsewhere=stage.openid.url)
    page.route("https://**", lambda route: route.abort())  # that server's page has its style from the internet
    page.get_by_text(say(language, "signIn.withProvider", name="Company")).click()
    expect(page).to_have_url(re.compile("^" + re.escape(stage.openid.url)))
    page.locator('input[name="sub"]').fill(subject)
    page.locator("form button, form input[type=submit]").first.click()
    expect(page).to_have_url(f"{stage.url}/settings/profile")
    page.get_by_role("button", name=say(language, "shell.accountOf", name="")).click()
    expect(page.get_by_role("menu")).to_contain_text(address)


def test_a_new_password_by_the_mailed_link(open_page: Open, stage: Stage) -> None:
    forgetful = stage.person("forgetful@example.test")
    page = open_page("/sign-in", language="en")
    page.get_by_role("button", name=say("en", "signIn.forgot")).click()
    fill(page, "en", email=forgetful.email)
    press(page, "en", "signIn.sendLink")
    token = link_of(stage.mailbox.wait(forgetful.email))
    page.goto(f"/sign-in/reset#{token}")
    fill(page, "en", password=PASSWORD)
    press(page, "en", "signIn.go")
    expect(page).to_have_url(re.compile("/chat$"))


def test_a_second_factor_is_set_up_and_asked_for(open_page: Open, stage: Stage) -> None:
    address = "careful@example.test"
    page = open_page("/sign-in?view=sign-up", language="en")
    fill(page, "en", email=address, password=PASSWORD)
    press(page, "en", "signIn.up")
    fill(page, "en", code=code_of(stage.mailbox.wait(address)))
    press(page, "en", "signIn.go")
    expect(page).to_have_url(re.compile("/chat$"))
    page.goto("/settings/security")
    press(page, "en", "settings.factorOn")
    expect(page.get_by_alt_text(say("en", "settings.qr"))).to_be_visible()
    secret = page.locator("form code").inner_text()
    page.get_by_label(say("en", "settings.factorCode")).fill(TOTP(secret).now())
    press(page, "en", "settings.factorOn")
    expect(page.get_by_text(say("en", "settings.codesTitle"))).to_be_visible()
    recovery = page.get_by_role("listitem").filter(has_text=re.compile(r"^[\w-]{8,}$")).first.inner_text()
    sign_out(page, "en")
    page.goto("/sign-in")
    fill(page, "en", email=address, password=PASSWORD)
    press(page, "en", "signIn.in")
    expect(page.get_by_role("heading", name=say("en", "signIn.factorTitle"))).to_be_visible()
    fill(page, "en", code=recovery)
    press(page, "en", "signIn.go")
    expect(page).to_have_url(re.compile("/chat$"))


def test_other_browsers_are_signed_out_from_here(open_page: Open, stage: Stage, ada: Person) -> None:
    there = stage.person("two-places@example.test")
    page = open_page("/settings/security", language="en", person=there)
    expect(page.get_by_text(say("en", "settings.thisBrowser"))).to_be_visible()
    # The session ends elsewhere: the next page of one's own asks to sign in again.
    stage.harness.call(stage.harness.services.sessions.end_all(there.user_id))
    page.goto("/settings/profile")
    expect(page).to_have_url(re.compile("/sign-in"))
    assert ada.user_id != there.user_id
