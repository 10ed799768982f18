"""Words the linter knows: who can act, what cannot be blamed, where a clause begins."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


HUMAN_PRONOUNS = words(
    "he she they we i you someone somebody nobody no-one anyone anybody everybody everyone who whoever"
)
"""``it`` and ``this`` are things; ``who`` is a person unless it stands after customers."""

_ROLES = words(
    "engineer developer operator admin administrator responder reviewer contractor tester programmer analyst "
    "architect author committer maintainer colleague coworker co-worker manager supervisor leader intern trainee "
    "employee staffer technician sysadmin dba sre commander scribe deputy liaison owner approver releaser designer "
    "consultant freelancer individual human dev newbie rookie director lead caller assignee"
)
HUMAN_NOUNS = frozenset(
    [
        *_ROLES, *(f"{role}s" for role in _ROLES),
        "on-call", "oncall", "person", "people", "team", "teams", "crew", "squad", "ops", "devops", "staff", "qa",
        "management", "cto", "ceo", "vp", "on-caller", "on-callers",
    ]
)  # fmt: skip
"""Role nouns and groups of people."""

CUSTOMERS = words(
    "customer customers user users client clients visitor visitors attacker attackers intruder intruders hacker "
    "hackers malware bot bots merchant merchants buyer buyers shopper shoppers subscriber subscribers tenant tenants "
    "guest guests patient patients passenger passengers adversary adversaries"
)
"""Never culprits, whatever they did."""

MACHINES = words(
    "tool tools tooling portal console service services api apis app apps application bot job jobs pod pods script "
    "scripts check checks alert alerts alarm deploy deploys deployment deployments pipeline request requests query "
    "queries node nodes host hosts server servers cluster clusters database databases table tables "
    "queue queues cache "
    "caches config configuration laptop laptops account accounts dashboard page pages test tests build release "
    "controller controllers webhook workflow agent agents daemon process thread function module "
    "library gateway proxy "
    "balancer router switch disk volume certificate token tokens key keys login session guide handbook manual docs "
    "documentation error errors experience interface image container containers kernel linter compiler monitor "
    "monitors probe probes scheduler worker workers consumer consumers producer replica replicas "
    "primary standby loop "
    "retry system systems platform software hardware firmware network link load traffic metric "
    "metrics graph log logs "
    "lock locks rollout rollback migration schema model rota schedule list channel workstation terminal permission "
    "permissions credential credentials role machine machines instance instances crontab cron command tests suite "
    "guard parser exporter sidecar mesh ingress runbook change patch flag endpoint rule rules it this nothing "
    "everything there"
)
"""What a role noun in front of it only describes ("the developer portal"), and what acts without anybody's guilt."""

MACHINE_MARKS = words(
    "kubernetes k8s prometheus postgres postgresql kafka redis mysql etcd helm cert-manager flux argo openshift vm "
    "custom comparison ternary boolean logical"
)
"""In front of "operator" (and the like) they make it a program."""

QUANTITIES = words("one two three some many most several none both each all any few half neither either")

AUXILIARIES = words(
    "had has have was were is are be been being did do does will would could should must might may can cannot ought "
    "then also just simply first again still even only both all too later soon initially repeatedly twice once never "
    "not always often sometimes again perhaps maybe probably themselves himself herself to got apparently"
)
"""What may stand between a subject and its verb; words in ``-ly`` as well."""

PREPOSITIONS = words(
    "of in on at for from with by to under during within over into about across behind between without against after "
    "before since through per via near upon"
)
POSTMODIFIERS = words("written made run called named owned running working responsible involved")
CONJUNCTIONS = words(
    "and but or because when while since that which who if so although though after before until where as than "
    "whereas once unless"
)
TRANSPARENT = frozenset(["and", "but", "or", "then"])
"""Conjunctions that may share the subject of what stands before them."""

DETERMINERS = words("the a an this these those our their his her my your its another every each some any no")

BE = words("was were is are be been being got")
NEGATIONS = words("not no never without avoid avoids avoiding isn't wasn't weren't aren't")
"""A match within four words after one of them is not meant. "Rather than" and "instead of" count as well."""
NEGATION_REACH = 4
