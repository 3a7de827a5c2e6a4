"""Words that a guesser begins with: a short list of our own, of what lists of leaked passwords are full of.

Names, loves, clubs, brands, heroes, curses, what administrators call things, and the same in other languages. What
people put around them is told by `password_rules.py`; a few well-known ones that no habit explains stand here as they
are.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LEAKED", "WORDS"]

_LEAKED: Final = """
3rjs1la7qe 18atcskd2w 1g2w3e4r5t 123qweasdzxc qweasdzxc123 1qazxsw2345 zaq12wsxcde3 1a2b3c4d5e 1a2b3c4d5e6f
a1b2c3d4e5 mynoob1234 liverpoolfc ncc1701enterprise letmeinnow opensesame iamthebest thisisapassword nopassword
hunter2hunter2 abracadabra youshallnotpass maytheforcebewithyou tobeornottobe thequickbrownfox
correcthorsebatterystaple supercalifragilisticexpialidocious
"""
_WORDS: Final = """
aaa abc abcabc abcd access account adidas admin admina administrator aini aiqing aiwo alexander alexandra alexis
amanda amazon amber andrea andrew android angel angela anthony apache apple april arsenal arthur asd asdf asdfgh
ashley asshole audi august austin autumn avatar azerty baby babyblue babyboy babygirl backup badass badboy bailey
bambi banana baobao baobei barbara barbie barcelona baseball basketball batgirl batman bayern bbb beautiful beijing
benjamin bestfriend beyonce bitch bitches bitcoin blackberry blackjack blahblah blink bobmarley bollocks bonjour
bowling brandon brian brittany brother bryan bubbles bugatti bugsbunny bulldog bulldogs bullshit business buster
butterfly butthead cai canon cao caonima caroline casanova catherine catwoman celtic changeme charles charlie
charlotte cheese chelsea chen cheng chester chevrolet chicago chicken chocolate chopper chris christian christina
christine christopher cisco clarissa classic claudia cloud cocacola coffee coldplay college commander company
computer contrasena cookie corvette counterstrike cowboys crazy crystal cynthia dabaobei daddy dallas daniel
darkness darthvader database david deathnote debbie debian december default dell demo deng dennis destiny detroit
diamond diana digital ding discord docker dodgers dolphin dolphins dominic donald donaldduck dong doudou dragon
dragonball dropbox drummer du eagles ebay eclipse edc edward eleanor element elizabeth emily eminem emperor england
enigma eric erika ethan everest everton facebook family fantasy father february fender feng ferrari fireball
firebird firefox firewall fishing florence florida flower football forest forever formula fortnite france frank
freedom friday friend friends fuck fucker fuckoff fuckyou fuckyouall gabriel galaxy gandalf gao gareth garfield gary
gateway geheim genesis george gerald giants ginger github gitlab gladiator gloria gmail godislove goldfish golfer
google gothic grandma greenday gregory guangzhou guest guitar gundam hacker hallo halo han hannah happy hardcore
harley harry harrypotter haslo heather heaven helen hello hellokitty henry hercules hockey holiday honda honey
hosting hotdog hotmail hottie howard huang hunter hunting hyundai icecream ihateyou ilovegod ilovehim ilovejesus
iloveme ilovemom ilovemusic ilovemyself iloveu iloveyou iloveyoubaby iloveyouso imissyou infinity instagram intel
internet inuyasha iphone ironmaiden ironman isabella isabelle jack jackass jackpot jackson jacob jacqueline jaguar
james jamie janet january jasmine jason jeffrey jenkins jennifer jeremy jerome jesse jessica jesus jesuschrist jiang
jira joanna john johnny joker jonathan jordan joseph joshua julia julian july june jupiter justin justine juventus
karen katherine kathleen kawasaki kelly kenneth kevin killer kimberly kitten kittycat knight kristen kristina kuaile
kubernetes lacoste ladybug lakers lamborghini lao laogong laopo laoshi laozi laura lauren lawrence legend legolas
lenovo leonardo leopard letmein liang liberty lightning lin linda lindsey linkedin linux lionking lisa little liu
liverpool logan login london louise lovelove lovely loveme lover lovers loveyou lu lucas lucky lucy luo macbook
madison madonna magic manager manchester march marcus margaret maria marie marina mario mariposa mark marlboro
martin mary master matrix matthew maverick maxwell megan meili melissa memory mercedes mercury metallica mexico
michael michel michelle mickey mickeymouse microsoft midnight miguel milan mima mimashi minecraft mingtian miracle
model modelport mohamed mohammed mommy monday money monica monitor monkey monster montana morgan motdepasse mother
motherfucker motorola mountain mozart mozilla music mustang mybaby myfamily myheart mylife mylove mypassword myspace
mysql naruto natalia natalie natasha nathan netflix network newyork nicholas nicolas nicole nightmare nightwish
nihao nimabi ninja nintendo nirvana nissan nokia northern norway nothing november nvidia october office oliver
olivia onepiece online openai openrouter oracle orange oscar outlaw outlook oxford packers pamela pan panasonic
panda pantera panther paradise paris parola pass passcode passphrase passwd password passwort patricia patrick
patriots paul paypal peaches peanut peng penguin pengyou pepper peter phantom philip phoenix picture pikachu pirate
pizza player playstation please pokemon popcorn popeye porsche postgres postmaster power preacher predator prince
princesa princess private project pumpkin puppy purple python qazwsx qinaide qinqin qqq qwe qwer qwert qwerty rabbit
rachel radiohead raiders rainbow ranger rangers raspberry raspberrypi raymond realmadrid rebecca rebel redhat redrum
redsox reggae ren richard robert roberto roblox rockstar roger romance ronald root rosebud rosemary router runner
russell ryan sabrina sailor samantha samsung sandra sarah saturday sausage scarface schatz scooby scoobydoo scooter
scorpio scorpion scott sebastian secret security september sergio server service seven sexy shabi shadow shanghai
shannon sharon sheep shen shenzhen sherlock shirley shit shopping siemens silver simon simple sister skater skittles
skyline skype slayer slipknot smile smokey smooth snapchat sniper snoopdogg snoopy snowball snowflake snowman soccer
softball soldier soleil song sony sophia sophie sparky spider spiderman spirit sponge spongebob spotify spring
squirrel stalker star stargate startrek starwars station steam steelers stefan stephanie stephen steven strawberry
stuart student su sublime success suck sucker sugar summer sun sunday sunflower sunshine superman superstar
superuser support surfer surprise susan suzuki sweetheart sweetness sweetpea sweety switch swordfish sylvia sysadmin
system tamade tamara tang tarzan taylor teamo telegram temp temporary tequiero tequila teresa tesla test tester
testing theresa thomas thunder thunderbird thursday tian tianxia tiffany tiger tiktok timothy tinkerbell titanic
together tomcat tony toor toshiba toyboy toyota travis trinity trustno tuesday tupac tupacshakur turtle twitter
tyler ubuntu unicorn united universe unknown user username valencia valentina valerie vampire vanessa veronica
victor victoria viking vincent violet virginia vmware volkswagen volvo voodoo voyager walter wang wangwei warcraft
warhammer warrior water watermelon webmaster wechat wednesday wei welcome wendy whatever whatsapp whiskey whitney
wildcat william windows winner winston winter wizard woaini woainima woaiwo woaiwojia wocao wodemima wojiushi wolf
wolverine wonder woodland wordpress woshishui wrestling wsx www xavier xbox xiao xiaohong xiaoming xie xihuan xingfu
xu yahoo yamaha yang yankee yankees ye yellow yourpassword youtube yu yuan yvonne zachary zaq zeng zeppelin zhang
zhangwei zhao zheng zhongguo zhou zhu zombie zxc zxcvbn zxcvbnm
"""

LEAKED: Final = frozenset(_LEAKED.split())
"""Passwords as they are, in small letters."""
WORDS: Final = frozenset(_WORDS.split())
"""What stands in passwords, with digits and signs around it or two of them together."""
