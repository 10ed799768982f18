"""First and last names that are English words, too: these count only where they can be nothing else."""

from __future__ import annotations

from firebell.domain.postmortems.blameless.lexicon import words

MONTHS = words("january march april may june july august")
WORDS = MONTHS | words(
    "ace ada admin alias amber angel api apollo app archer art ash autumn baker banks barber basil bay beau bell "
    "berry bill bishop black blaze bliss blue bond booker booth bot bow brand bridge brook brooks brown buck bud "
    "burns bush butcher butler carter case cash chance chase chip christian clay clerk cliff coach coal cook cooper "
    "cotton cross crystal dale dash data dawn day dean destiny dev dial diamond dick dolly dot drew duke earl early "
    "east eden ember english ever faith farmer fields finch fisher flint flower ford forest foster fox frank french "
    "frost gale gates gay gene gentry german glass glen gold good grace grant gray green grey guy hall hand hardy "
    "harmony harper hart haven hazel head heath heather hill hilt holly hook hope house hunt hunter iris ivory ivy "
    "jack jade jasmine java jay jean jenkins jewel job joy judge julia justice kay keen kelly king kit knight lake "
    "lamb lance lane lark lasting law leaf lee lily link little long lot love lucky lynx mace magic "
    "major marina mark "
    "marks marsh mason master max may mercy merit miles mill miller min mint misty moon moss myrtle nick noble noel "
    "nord norm north nova oak ocean olive opal ops oracle otter page paige palmer park parker pascal pat patience "
    "patty paul peace pearl penny pepper perl perry pete pie piper poe pope porter post potter power powers praise "
    "price prince prudence python queen quick quill rails rain ram randy ray redis reed reef reese rich ridge river "
    "rob robin rock rod root rose rowan royal ruby rush russet rusty sable sad sage sailor sally sandy savage scout "
    "sergeant shade shadow sharp shell shepherd short silver skip sky slate smith snow sol south "
    "spark spencer spring "
    "star steel stella sterling still stone storm story strong sue summer sun sunny swan sweet swift taylor temple "
    "terry test tiger tim tone true turner tyler urban valentine valley van vary vera victor victory viola violet "
    "walker wall walls ward warden warner warren wash water waters watts wave way weaver web webb weeks wells west "
    "wheeler white wild will willow winds winter wise wolf wood woods worth wren wright yates york young yule zen"
)
ROLE_WORDS = words(
    "admin administrator agent analyst architect bot captain chief commander coordinator customer demo deputy dev "
    "developer devops director duty engineer engineering escalation escalations first head infra infrastructure it "
    "junior lead leader liaison manager member network oncall on-call operations operator ops owner platform primary "
    "principal product release responder scribe second secondary security senior service shift sre staff success "
    "support sysadmin system team tech technical test third user"
)
"""Accounts are called after their duty as well ("Payments Lead", "SRE Primary"): such a word alone names nobody."""
