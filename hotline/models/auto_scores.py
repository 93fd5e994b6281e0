"""Quality supervision: the machine's marks for a call, item by item of a scorecard."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.values.scorecard import ItemAnswer


class AutoScore(Row, WithId):
    """The machine's answer to one item of a scorecard for one call; marked again, the row is brought up to date."""

    __tablename__ = "auto_scores"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    scorecard: Mapped[str] = mapped_column(String(40))
    item: Mapped[str] = mapped_column(String(40))
    answer: Mapped[ItemAnswer] = mapped_column(EnumWord(ItemAnswer))
    # That the answer is yes, 0 to 1, as the machine hears it; None where nothing was measured.
    probability: Mapped[float | None] = mapped_column(Float)
    # [{recording_id, start, end, speaker, utterances: [ids]}, …], times in seconds of that recording; never words.
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    made_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("call_id", "scorecard", "item"), Index(None, "item", "answer"))
