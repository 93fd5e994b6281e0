"""`hotline config`: the form of the files that a hospital writes."""

import importlib
import json

import click
from pydantic import BaseModel

from cli import audit_marks
from hotline.configuration.json_schema import json_schema

# Kind of file -> where its model is.
KINDS = {
    "flow": ("ivr.flow.flow_file", "FlowFile"),
    "queues": ("routing.queues.queues_file", "QueuesFile"),
    "hospital": ("routing.agents.hospital_file", "HospitalFile"),
    "plan": ("campaigns.planning.plans_file", "PlanFile"),
    "dialling_limits": ("campaigns.planning.dialling_limits_file", "DiallingLimitsFile"),
    "bank": ("campaigns.dialogue.scripts_file", "BankFile"),
    "script": ("campaigns.dialogue.scripts_file", "ScriptFile"),
    "scorecard": ("qa.scorecards.card", "Scorecard"),
    "phrases": ("qa.scorecards.phrase_lists_file", "PhraseListsFile"),
    "sampling_policy": ("qa.sampling.policy_file", "Policy"),
    "retention": ("recordings.retention.periods", "RetentionRules"),
    "hints": ("recordings.speech.hints_file", "HintsFile"),
}


@click.group()
def command() -> None:
    """The form of the files that a hospital writes."""


@command.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@audit_marks.touches_nothing("the form of a file")
def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of file; editors complete and check by it."""
    click.echo(schema_text(kind), nl=False)


def model_of(kind: str) -> type[BaseModel]:
    """Return the model of this kind of file."""
    module, name = KINDS[kind]
    model: type[BaseModel] = getattr(importlib.import_module(module), name)
    return model


def schema_text(kind: str) -> str:
    """Return the JSON Schema of this kind of file as text."""
    return json.dumps(json_schema(model_of(kind)), ensure_ascii=False, indent=1) + "\n"
