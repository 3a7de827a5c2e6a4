"""What is no password: told offline, by a short list and by habits."""

from __future__ import annotations

import pytest

from modelport.accounts.errors import WeakPassword
from modelport.accounts.guessed_words import LEAKED, WORDS
from modelport.accounts.password_rules import check_password

LEAKED_ONES = """
1234567890 qwertyuiop password123 password1234 iloveyou123 1q2w3e4r5t 123456789a a123456789 3rjs1la7qe 18atcskd2w
google1234 unknown123 qwerty12345 passw0rd123 liverpoolfc manchester1 chelsea123 barcelona1 mynoob1234 linkedin123
correcthorsebatterystaple letmein1234 trustno1trustno1 1qazxsw2345 zaq12wsxcde3 asdfghjkl1 asdf1234asdf qazwsxedcr
welcome123 welcome2024 summer2024! Winter2023! administrator admin12345 changeme123 p@ssw0rd123 P@ssw0rd123!
abc1234567 abcdefghij 0987654321 9876543210 1111111111 0000000000 1212121212 123123123123 1a2b3c4d5e football123
baseball123 superman123 princess123 sunshine123 charlie123 michael123 jennifer123 ilovejesus iloveyou12 iloveyouso
mylove1234 myspace123 facebook123 instagram1 whatsapp123 jordan2323 blink182blink metallica1 slipknot666 pokemon123
dragonball naruto1234 onepiece123 minecraft1 counterstrike starwars123 spiderman1 batman1234 harrypotter woaini1314
woaini520520 woaini1314520 5201314520 zxcvbnm123 qq123456789 wang123456 li123456789 zhang123456 a1234567890
aa123456789 1314520520 woaiwojia1 q123456789 123456789q 123qweasdzxc 1qaz2wsx3edc q1w2e3r4t5 qwe123qwe123
asd123asd123 zxc123zxc123 christopher christian1 elizabeth1 alexander1 nicholas12 samantha1! stephanie1 jacqueline
beautiful1 chocolate1 butterfly1 basketball strawberry hellokitty babygirl12 sweetheart loveyou123 blahblah123
whatever12 computer12 internet12 monkey1234 ashley1234 thunderbird playstation playstation2 xbox360xbox qwerty123456
q1w2e3r4t5y6 PASSWORD01 Password01! Passw0rd1234 password!1 test123456 testtest12 temp123456 guest12345 root123456
toor123456 oracle1234 cisco12345 redhat1234 ubuntu1234 raspberry1 raspberrypi deathnote1 fuckyou123 fuckoff123
motherfucker asshole123 bitch12345 superstar1 rockstar12 tinkerbell1 mickeymouse donaldduck scoobydoo1 snoopdogg1
eminem1234 tupacshakur bobmarley1 ironmaiden nightwish1 volkswagen lamborghini ferrari123 porsche911 mercedes12
mustang123 yamaha1234 kawasaki12
"""
"""Of the kind that stands high in every list of leaked passwords, and is long enough for us."""


def _rule(password: str) -> str | None:
    try:
        check_password(password, "somebody@example.test")
    except WeakPassword as refused:
        return str((refused.metadata or {})["rule"])
    return None


def test_what_leaks_again_and_again_is_refused() -> None:
    assert {each: _rule(each) for each in LEAKED_ONES.split() if _rule(each) != "guessable"} == {}
    assert (_rule("Zk4!mQ9vT"), _rule("Zk4!mQ9vTr2p" * 30)) == ("short", "long")


@pytest.mark.parametrize(
    "password",
    [
        "tidal-Marble-39",
        "plum velvet otter",
        "river.stone.lamp.42",
        "Zk4!mQ9vTr2p",
        "我的密码是一头蓝色的大象",
        "g7tw-p0q9-xk2m",
    ],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert _rule(password) is None


def test_one_s_own_address_is_guessed_first() -> None:
    for password in ("adalovelace1", "lovelace!2", "Adalovelace!!"):
        with pytest.raises(WeakPassword):
            check_password(password, "adalovelace@lovelace.example")


def test_the_list_is_of_the_form_that_is_looked_up() -> None:
    assert all(word == word.casefold() and word.isalpha() for word in WORDS)
    assert all(each == each.casefold() and len(each) >= 10 for each in LEAKED)
