"""The machine's marks from words alone: calls in many wordings, polite look-alikes, silences, and files with faults."""

from collections.abc import Sequence

import pytest

from bench.speech.quality_calls.spoken import CallScript, as_text, scripts
from hotline.configuration.errors import FileFault
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa import scorecards
from qa.scorecards import UnknownScorecard, phrase_lists_file
from qa.scorecards.phrase_lists_file import parse as parse_lists
from qa.scorecards.scorecards_file import parse
from qa.scoring import auto_scoring, dialogue_builder, names
from qa.scoring.dialogue import Dialogue
from qa.scoring.merge import merge
from qa.scoring.score import ItemResult
from qa.scoring.tokens import SpokenUtterance, dialogue_turns, tokens_of
from qa.scoring.wording import wording, wording_matches

ZH, EN = Language.MANDARIN, Language.ENGLISH


def dialogue(said: Sequence[SpokenUtterance], language: Language) -> Dialogue:
    return dialogue_builder.build_dialogue(said, None, phrase_lists_file.load(None, language), language)


def answers(said: Sequence[SpokenUtterance], language: Language, card: str = "service") -> dict[str, ItemAnswer]:
    return {
        one.item_id: one.answer
        for one in auto_scoring.auto_score(scorecards.load(None)[card], dialogue(said, language))
    }


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_a_call_in_other_words_gets_the_marks_of_a_supervisor(script: CallScript) -> None:
    given = answers(as_text(script), script.language, "follow-up" if script.is_follow_up else "service")
    wrong = {
        item: given[item]
        for item, label in script.labels.items()
        if given[item] not in (ItemAnswer.UNSURE, ItemAnswer.YES if label else ItemAnswer.NO)
    }
    assert not wrong
    assert sum(given[item] is ItemAnswer.UNSURE for item in script.labels) <= 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("您可以自己看一下报告，不满意的话可以去投诉办公室反映。", ZH),
        ("这不归我们科管，我帮您转接负责的同事，请您稍等。", ZH),
        ("不着急，您慢慢说，我在听。您到底是哪里不舒服？", ZH),
        ("我帮您挂了明天上午的号，麻烦您带好身份证。", ZH),
        ("没关系的，您别着急，我帮您想办法。", ZH),
        ("精神科在三号楼，神经内科在五号楼。", ZH),
        ("What is your problem today? I do care, and I will find out for you myself.", EN),
        ("Please don't carry anything heavy. I will set up the appointment.", EN),
        ("What do you want to ask the doctor? Take your time.", EN),
        ("It is no problem at all, I can help you with that. Take care.", EN),
        ("How many times a day do you take the tablets?", EN),
    ],
)
def test_polite_words_that_sound_a_little_like_rude_ones_are_never_fatal(text: str, language: Language) -> None:
    assert answers([SpokenUtterance("agent", 1.0, 9.0, text)], language)["forbidden"] is not ItemAnswer.YES


def test_rude_words_of_the_caller_are_not_the_agents() -> None:
    assert answers([SpokenUtterance("caller", 1.0, 2.0, "你闭嘴，你懂什么！")], ZH)["forbidden"] is ItemAnswer.NO


def test_a_refusal_that_leads_on_politely_is_left_to_a_person() -> None:
    text = "非常抱歉，这个不归我管，我帮您转接住院部。"
    assert answers([SpokenUtterance("agent", 1.0, 9.0, text)], ZH)["forbidden"] is ItemAnswer.UNSURE


def test_a_greeting_that_comes_late_or_from_the_caller_does_not_count() -> None:
    late = [SpokenUtterance("agent", 1.0, 2.0, "Yes?"), SpokenUtterance("agent", 30.0, 31.0, "Hello, City Hospital.")]
    caller = [
        SpokenUtterance("caller", 1.0, 2.0, "Hello, is this the hospital?"),
        SpokenUtterance("agent", 3.0, 3.5, "Yes."),
    ]
    assert answers(late, EN)["greeting"] is ItemAnswer.NO
    assert answers(caller, EN)["greeting"] is ItemAnswer.NO


def test_a_greeting_without_the_hospital_is_left_to_a_person_unless_its_own_name_is_known() -> None:
    said = [SpokenUtterance("agent", 1.0, 2.0, "Hello, Saint Mary's.")]
    assert answers(said, EN)["greeting"] is ItemAnswer.UNSURE
    named = dialogue_builder.with_name(phrase_lists_file.load(None, EN), "Saint Mary's", EN)
    [greeting] = [
        one.answer
        for one in auto_scoring.auto_score(
            scorecards.load(None)["service"], dialogue_builder.build_dialogue(said, None, named, EN)
        )
        if one.item_id == "greeting"
    ]
    assert greeting is ItemAnswer.YES


@pytest.mark.parametrize(
    ("recognised", "sought"),
    [
        ("世人民意愿客服中心", "人民医院"),
        ("宫号一零二四位您服务", "工号{number}"),
        ("跟您合对一下", "跟您核对"),
        ("感谢您的来订", "感谢您的来电"),
    ],
)
def test_a_phrase_is_found_although_every_second_character_is_wrong(recognised: str, sought: str) -> None:
    [turn] = dialogue_turns([SpokenUtterance("agent", 0.0, 3.0, recognised)], ZH)
    best = wording_matches(wording(sought, ZH), turn, ZH)
    assert best
    assert best[0].likeness > 0.85


def test_what_is_unclear_is_unsure_rather_than_missing() -> None:
    clear = SpokenUtterance("agent", 1.0, 4.0, "嗯这个那个", confidence=0.9)
    murmur = SpokenUtterance("agent", 1.0, 4.0, "嗯这个那个", confidence=0.3)
    assert answers([clear], ZH)["greeting"] is ItemAnswer.NO
    assert answers([murmur], ZH)["greeting"] is ItemAnswer.UNSURE


@pytest.mark.parametrize(
    ("words", "seconds", "wanted"),
    [
        ("好的。", 7.0, ItemAnswer.NO),
        ("好的。", 8.0, ItemAnswer.UNSURE),
        ("好的。", 9.5, ItemAnswer.YES),
        ("请您稍等，我帮您查一下。", 20.0, ItemAnswer.NO),
        ("请您稍等，我帮您查一下。", 90.0, ItemAnswer.YES),
        ("你等一下。", 12.0, ItemAnswer.YES),
    ],
)
def test_a_silence_is_long_without_a_notice_or_far_beyond_it(words: str, seconds: float, wanted: ItemAnswer) -> None:
    said = [
        SpokenUtterance("agent", 1.0, 3.0, words),
        SpokenUtterance("agent", 3.0 + seconds, 5.0 + seconds, "让您久等了。"),
    ]
    assert answers(said, ZH)["long_silence"] is wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("没有，都挺好。", ItemAnswer.NO),
        ("我没有胸口疼，也不发烧。", ItemAnswer.NO),
        ("有，昨天晚上开始的。", ItemAnswer.YES),
        ("这两天胸口疼。", ItemAnswer.YES),
        ("昨天没有睡好，胸口疼。", ItemAnswer.YES),
        ("没觉得胸口疼。", ItemAnswer.NO),
        ("挺好的，能下楼走走了。", ItemAnswer.NO),
    ],
)
def test_a_warning_sign_is_told_or_affirmed_but_not_denied(reply: str, wanted: ItemAnswer) -> None:
    said = [SpokenUtterance("agent", 1.0, 3.0, "您有没有胸口疼或者发烧？"), SpokenUtterance("caller", 3.5, 6.0, reply)]
    assert answers(said, ZH, "follow-up")["red_flag"] is wanted


@pytest.mark.parametrize(
    ("language", "question", "reply", "wanted"),
    [
        (EN, "Is there any redness or fever around the wound?", "Yes, since last night.", ItemAnswer.YES),
        (EN, "Is there any redness or fever around the wound?", "No, nothing like that.", ItemAnswer.NO),
        (EN, "Do you feel dizzy or breathless?", "Yes, a little.", ItemAnswer.YES),
        (EN, "Are you taking your medicine every day?", "Yes, morning and evening.", ItemAnswer.NO),
        (EN, "Any swelling?", "The swelling is gone.", ItemAnswer.NO),
        (ZH, "腿有没有水肿，头晕不晕？", "有，昨天开始的。", ItemAnswer.YES),
        (ZH, "伤口有没有流水？", "没有，都挺好。", ItemAnswer.NO),
        (ZH, "药都按时吃了吗？", "对，按时吃的。", ItemAnswer.NO),
        (ZH, "没有发烧吧？", "对。", ItemAnswer.NO),
        (ZH, "没有发烧吧？", "嗯，是的。", ItemAnswer.NO),
        (ZH, "这几天没再发烧吧？", "是的，没有。", ItemAnswer.NO),
        (ZH, "这几天不发烧了吧？", "对，不烧了。", ItemAnswer.NO),
        (ZH, "没有发烧、头晕和胸闷吧？", "对。", ItemAnswer.NO),
        (ZH, "没有发烧吧？", "有，昨天烧了一天。", ItemAnswer.YES),
        (ZH, "没有发烧吧？", "其实有一点。", ItemAnswer.YES),
        (ZH, "有没有发烧？", "是的。", ItemAnswer.YES),
        (ZH, "最近是不是发烧了？", "对。", ItemAnswer.YES),
        (ZH, "没有发烧吧？那伤口有没有流水？", "嗯，有。", ItemAnswer.YES),
        (ZH, "您说没有睡好，那有没有发烧？", "是的，有。", ItemAnswer.YES),
        (EN, "No fever, I hope?", "Right.", ItemAnswer.NO),
        (EN, "You haven't had any fever or swelling?", "That's right.", ItemAnswer.NO),
        (EN, "You don't have a fever?", "I do, since Monday.", ItemAnswer.YES),
        (EN, "You don't have a fever?", "Yes.", ItemAnswer.UNSURE),
        (EN, "Don't you have a fever?", "Yes, since Monday.", ItemAnswer.YES),
    ],
)
def test_a_yes_to_a_question_after_a_warning_sign_tells_it(
    language: Language, question: str, reply: str, wanted: ItemAnswer
) -> None:
    said = [SpokenUtterance("agent", 1.0, 3.0, question), SpokenUtterance("caller", 3.5, 6.0, reply)]
    assert answers(said, language, "follow-up")["red_flag"] is wanted


def test_a_handover_applies_only_when_a_warning_sign_was_told() -> None:
    fine = [SpokenUtterance("caller", 1.0, 3.0, "I feel fine, thank you.")]
    sick = [
        SpokenUtterance("caller", 1.0, 3.0, "I have chest pain."),
        SpokenUtterance("agent", 3.5, 5.0, "Drink some water."),
    ]
    assert answers(fine, EN, "follow-up")["handed_over"] is ItemAnswer.NA
    assert answers(sick, EN, "follow-up")["handed_over"] is ItemAnswer.NO


def test_identity_after_the_first_medical_words_is_too_late() -> None:
    early = [
        SpokenUtterance(
            "agent", 1.0, 9.0, "Hello, City Hospital. Am I speaking with Mister Lee? How are you feeling today?"
        )
    ]
    late = [
        SpokenUtterance(
            "agent", 1.0, 9.0, "Hello, City Hospital. How are you feeling today? Am I speaking with Mister Lee?"
        )
    ]
    assert answers(early, EN, "follow-up")["identity"] is ItemAnswer.YES
    assert answers(late, EN, "follow-up")["identity"] is ItemAnswer.NO


@pytest.mark.parametrize(
    ("text", "language", "run"),
    [
        ("this is number one oh two four", EN, (3, 7)),
        ("staff number forty nineteen speaking", EN, (2, 4)),
        ("工号幺零二四为您服务", ZH, (2, 6)),
    ],
)
def test_a_staff_number_is_one_run_of_figures_however_it_is_said(
    text: str, language: Language, run: tuple[int, int]
) -> None:
    tokens = tokens_of(SpokenUtterance("agent", 0.0, 4.0, text), 0, language)
    assert list(names.figures(tokens)) == [run]


def test_facts_that_nobody_knows_do_not_apply() -> None:
    given = answers([SpokenUtterance("agent", 1.0, 2.0, "您好。")], ZH)
    assert (given["records"], given["deadline"], given["apology"]) == (ItemAnswer.NA, ItemAnswer.NA, ItemAnswer.NA)


def test_facts_of_the_records_are_taken_over() -> None:
    made = dialogue_builder.with_facts(
        dialogue([SpokenUtterance("agent", 1.0, 2.0, "您好。")], ZH), {"records_complete": True, "deadline_kept": False}
    )
    given = {one.item_id: one.answer for one in auto_scoring.auto_score(scorecards.load(None)["service"], made)}
    assert (given["records"], given["deadline"]) == (ItemAnswer.YES, ItemAnswer.NO)


def test_what_the_script_did_before_the_nurse_came_is_no_fault_of_hers() -> None:
    said = [SpokenUtterance("agent", 30.0, 32.0, "You left hospital ten days ago. How is the pain?")]
    by_script, alone = (
        {one.item_id: one.answer for one in auto_scoring.auto_score(scorecards.load(None)["follow-up"], made)}
        for made in (dialogue_builder.with_facts(dialogue(said, EN), {"scripted": True}), dialogue(said, EN))
    )
    waived = ("greeting", "self_id", "identity", "long_silence")
    assert {by_script[item] for item in waived} == {ItemAnswer.NA}
    assert alone["identity"] is ItemAnswer.NO
    assert ItemAnswer.NA not in {alone[item] for item in waived}


def test_the_pieces_of_a_call_are_one_call() -> None:
    card = scorecards.load(None)["service"]
    first = [ItemResult(item.id, ItemAnswer.NO) for item in card.items if item.machine]
    last = [ItemResult(item.id, ItemAnswer.YES) for item in card.items if item.machine]
    merged = {one.item_id: one.answer for one in merge(card, [first, last])}
    assert (merged["greeting"], merged["closing"], merged["forbidden"]) == (
        ItemAnswer.NO,
        ItemAnswer.YES,
        ItemAnswer.YES,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "x.yaml:1: file: is empty"),
        ("name: a\nlabels: {zh-CN: 甲}\nsections: {}\n", "x.yaml:2: labels.en-US: missing"),
        ("name: a b\n", "x.yaml:1: name: 'a b' is no name"),
        ("sections:\n  o:\n    items:\n      a: {weight: -1}\n", r"x.yaml:4: sections.o.items.a.weight: must be"),
        ("sections:\n  o:\n    items:\n      a: {machine: {kind: magic}}\n", "x.yaml:4: .*kind: 'magic' is not one of"),
        ("sections:\n  o:\n    items:\n      a: {excused_by: [b]}\n", "x.yaml:4: .*excused_by.*no item 'b'"),
        (
            "sections:\n  o:\n    items:\n      a: {by: both, labels: {zh-CN: 甲, en-US: a}}\n",
            "x.yaml:4: .*by: whoever is machine or both needs",
        ),
    ],
)  # fmt: skip
def test_a_fault_in_a_scorecard_names_file_line_and_field(text: str, says: str) -> None:
    with pytest.raises(FileFault, match=says):
        parse(text, "x.yaml")


def test_a_fault_in_the_phrases_names_file_line_and_field() -> None:
    with pytest.raises(FileFault, match=r"p\.yaml:2: greets\.says: unknown field"):
        parse_lists("greets:\n  says: [hello]\n", EN, "p.yaml")


def test_every_list_that_a_scorecard_names_is_there_in_both_languages() -> None:
    for language in Language:
        for card in scorecards.load(None):
            auto_scoring.auto_score(
                card,
                dialogue(
                    [SpokenUtterance("agent", 1.0, 2.0, "您好"), SpokenUtterance("caller", 3.0, 4.0, "hello")], language
                ),
            )


def test_an_unknown_scorecard_lists_those_there_are() -> None:
    with pytest.raises(UnknownScorecard, match="there are follow-up, service"):
        scorecards.load(None)["servise"]
