"""What every table shares: the declarative root and the id of ours."""

from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from hotline.clock import new_id


class Row(DeclarativeBase):
    """The root of all tables; its names for constraints are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class WithId:
    """A row that is known by an id of ours."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
