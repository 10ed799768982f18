"""YAML becomes values with lines; faults become problems with places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firebell.workflows.config.problems import Problem
from firebell.workflows.config.reading import Document, File, Part, read
from firebell.workflows.config.variables import Unset, filled, names_in, protected, secret_files_in


def document(text: str, environment: dict[str, str] | None = None, **secrets: str) -> Document:
    problems: list[Problem] = []
    files = [File("acme.yaml", text, secrets)]
    found = read(files, environment or {}, problems)
    assert problems == []
    return found[0]


def faults(text: str, environment: dict[str, str] | None = None) -> list[str]:
    problems: list[Problem] = []
    read([File("acme.yaml", text)], environment or {}, problems)
    return [str(problem) for problem in problems]


def test_what_yaml_1_1_would_twist_stays_text() -> None:
    read_ = document(
        "from: 17:00\nanswer: no\nday: 2026-01-05\nversion: 1.10\nphone: +4915112345678\nzip: 007\n"
    ).content
    assert read_ == {
        "from": "17:00", "answer": "no", "day": "2026-01-05", "version": "1.10", "phone": "+4915112345678",
        "zip": "007",
    }  # fmt: skip


def test_plain_true_null_and_whole_numbers_are_what_they_seem() -> None:
    assert document("a: true\nb: null\nc: 12\nd: -3\ne: '12'\nf:\n").content == {
        "a": True, "b": None, "c": 12, "d": -3, "e": "12", "f": None,
    }  # fmt: skip


def test_every_path_knows_its_line() -> None:
    found = document("kind: User\nspec:\n  contactMethods:\n    - name: mail\n      to: a@example.com\n")
    assert found.place("spec.contactMethods[0].to").line == 5
    assert str(found.place("spec.contactMethods[0].absent")) == "acme.yaml:4 spec.contactMethods[0].absent"
    assert found.place("nowhere").line == 1


def test_lines_count_from_the_start_of_the_file_not_of_the_document() -> None:
    problems: list[Problem] = []
    second = read([File("acme.yaml", "kind: A\n---\n# note\nkind: B\n")], {}, problems)[1]
    assert second.place("kind").line == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "acme.yaml:3 a: “a” stands here twice."),
        ("a: [1\n", "acme.yaml:2: This is not YAML"),
        ("a: @x\n", "acme.yaml:1: This is not YAML"),
        ("- one\n", "acme.yaml:1: A document is a mapping."),
        ("just text\n", "acme.yaml:1: A document is a mapping."),
        ("? [a]\n: b\n", "acme.yaml:1: A key must be text."),
        ("a: *nowhere\n", "acme.yaml:1: This is not YAML"),
        ("a: ${HOST}\n", "acme.yaml:1 a: The environment has no variable HOST."),
        ("a: {secretFile: key.txt}\n", "acme.yaml:1 a: The secret file “key.txt” was not found."),
        ("a: " + "x" * 1_100_000, "acme.yaml:1: The file is larger than 1 MiB."),
    ],
)
def test_a_fault_names_file_and_line(text: str, said: str) -> None:
    assert faults(text)[0].startswith(said)


def test_a_tag_makes_nothing_happen() -> None:
    assert document("a: !!python/object/apply:os.system ['true']\n").content == {"a": ["true"]}


def test_anchors_are_followed_but_not_into_the_abyss() -> None:
    assert document("a: &x {b: 1}\nc: *x\n").content == {"a": {"b": 1}, "c": {"b": 1}}
    billion = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    assert "too deep or too large" in faults(billion)[0]
    assert "too deep or too large" in faults("a: &a [*a]\n")[0]


def test_an_empty_document_is_no_document() -> None:
    problems: list[Problem] = []
    assert len(read([File("acme.yaml", "---\n---\nkind: User\n---\n")], {}, problems)) == 1
    assert problems == []


def test_variables_are_filled_after_parsing_so_that_a_value_is_never_yaml() -> None:
    found = document("a: ${KEY}\nb: x-${KEY}-y\nc: $${KEY}\n", {"KEY": "}: [injected\n- ${OTHER}"})
    assert found.content["a"] == "}: [injected\n- ${OTHER}"
    assert found.content["c"] == "${KEY}"


def test_a_default_stands_in_for_what_is_unset_or_empty() -> None:
    assert filled("${A:-one} ${B:-two} ${C:-}", {"B": ""}) == "one two "
    assert filled("${A:-one}", {"A": "1"}) == "1"
    with pytest.raises(Unset):
        filled("${A}", {})


@given(st.text(alphabet="${}AB:-$ x"))
def test_protected_text_comes_back_as_it_was(text: str) -> None:
    assert filled(protected(text), {}) == text


def test_the_sender_learns_what_to_look_up() -> None:
    text = "key: ${KEY}\nother: ${HOST:-x}\nno: $${NOT}\nsecret: {secretFile: a/b.txt}\nmore:\n  secretFile: 'c.txt'\n"
    assert names_in([text]) == {"KEY", "HOST"}
    assert secret_files_in(text) == {"a/b.txt", "c.txt"}


def test_a_secret_file_is_taken_without_its_last_newline() -> None:
    found = read([File("a.yaml", "key: {secretFile: k.txt}\n", {"k.txt": "sesame\n"})], {}, [])
    assert found[0].content == {"key": "sesame"}


def test_a_part_reads_key_by_key_and_suggests_what_was_meant() -> None:
    problems: list[Problem] = []
    found = document("spec:\n  displayName: 12\n  rolle: admin\n  active: maybe\n  members: [a, a]\n  role: respnder\n")
    part = Part.of(found, "spec", problems)
    assert part.text("displayName") == "12"
    assert part.choice("role", ("admin", "responder"), "responder") == "responder"
    assert part.flag("active", True) is True
    assert part.texts("members") == ("a",)
    assert part.text("timeZone", "UTC") == "UTC"
    assert part.text("email") == ""
    part.close()
    assert [str(problem) for problem in problems] == [
        "acme.yaml:6 spec.role: “respnder” is not possible here. Did you mean “responder”?",
        "acme.yaml:4 spec.active: “active” must be true or false.",
        "acme.yaml:5 spec.members[1]: “a” stands here twice.",
        "acme.yaml:1 spec.email: “email” is missing.",
        "acme.yaml:3 spec.rolle: Unknown key “rolle”. Did you mean “role”?",
    ]
