"""Who asks for slower words hears slower words: the document of a conversation, spoken by the exchange's own voice."""

import asyncio
from pathlib import Path

import pytest

from campaigns.dialogue import dialogue, scripts_file
from campaigns.dialogue.dialogue_state import DialogueState, PatientTurn, Stage
from exchange.speech import ssml
from exchange.speech.synthesiser import EspeakSynthesiser
from exchange.verbs.say import spoken_language
from exchange.webhooks import twiml as documents
from hotline.values.language import Language
from telephony.provider import twiml
from tests.unit.campaigns.dialogue.test_dialogue import NOW, WHO

VOICES = {"zh-CN": "cmn-latn-pinyin", "en-US": "en-us"}
SCRIPTS = scripts_file.of(None, "仁和医院", "Renhe Hospital", "+861066880000")


@pytest.mark.parametrize("language", Language)
def test_the_question_lasts_longer_once_it_was_asked_to_be_slower(tmp_path: Path, language: Language) -> None:
    state = DialogueState(Stage.QUESTION, language, "fever", has_consented=True)
    script = SCRIPTS["general"]
    usual = twiml.render(dialogue.repeat(script, WHO, state))
    slow = twiml.render(dialogue.step(script, WHO, state, PatientTurn("#"), NOW).verbs)
    before, after = asyncio.run(_lasting(tmp_path, usual, slow))
    assert after / before > 1.2


async def _lasting(folder: Path, *rendered: str) -> list[float]:
    """How many samples the last sentence of each document is, as the exchange speaks it."""
    speaker, lengths = EspeakSynthesiser(folder, VOICES), []
    for text in rendered:
        gather = documents.parse(text.encode())[0]
        question = gather.children[-1]
        language = spoken_language(question.string("language"), question.string("voice"))
        lengths.append(len(await ssml.sound(speaker, ssml.pieces(question), language)))
    speaker.close()
    return [float(length) for length in lengths]
