"""FastAPI with SQLAlchemy 2: async sessions on asyncpg, selectinload, Pydantic models, offset and
limit as in its tutorial. It does not count."""

import os
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import URL, ForeignKey, Numeric, func, select
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSONB, list[str]: JSONB, list[dict[str, Any]]: JSONB}


class JurisdictionRow(Base):
    __tablename__ = "jurisdiction"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class AgencyRow(Base):
    __tablename__ = "agency"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class EntityRow(Base):
    __tablename__ = "entity"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class SourceRow(Base):
    __tablename__ = "source"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class PlaceRow(Base):
    __tablename__ = "action_jurisdiction"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    jurisdiction_id: Mapped[str] = mapped_column(ForeignKey("jurisdiction.id"))


class Actor:
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    key: Mapped[str]
    role: Mapped[str]
    naming: Mapped[str]
    described_as: Mapped[str]


class ActionAgencyRow(Actor, Base):
    __tablename__ = "action_agency"
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("agency.id"))
    agency: Mapped[AgencyRow | None] = relationship()


class ActionEntityRow(Actor, Base):
    __tablename__ = "action_entity"
    entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    entity: Mapped[EntityRow | None] = relationship()


class DateRow(Base):
    __tablename__ = "action_date"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    kind: Mapped[str]
    part: Mapped[str]
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    precision: Mapped[str]
    basis: Mapped[str]
    resolution: Mapped[str]


class FigureRow(Base):
    __tablename__ = "figure"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    kind: Mapped[str]
    part: Mapped[str]
    value: Mapped[float] = mapped_column(Numeric(asdecimal=False))
    comparator: Mapped[str]
    unit: Mapped[str]
    claimed_by: Mapped[str]


class RelationRow(Base):
    __tablename__ = "relation"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    target_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    type: Mapped[str]
    reason: Mapped[str]
    target: Mapped["ActionRow"] = relationship(foreign_keys=[target_id])


class NoteRow(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    kind: Mapped[str]
    field: Mapped[str]
    text: Mapped[str]


class CitationRow(Base):
    __tablename__ = "citation"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    start: Mapped[int]
    end: Mapped[int]
    sha256: Mapped[str]
    paragraph: Mapped[int]
    quote: Mapped[str]
    note: Mapped[str]
    supports: Mapped[list[dict[str, Any]]]
    source: Mapped[SourceRow] = relationship()


class ActionRow(Base):
    __tablename__ = "action"
    id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    published_at: Mapped[datetime]
    title: Mapped[str]
    summary: Mapped[str]
    unit: Mapped[str]
    type: Mapped[str | None]
    status: Mapped[str | None]
    legal_force: Mapped[str | None]
    stance: Mapped[str | None]
    attribution: Mapped[str | None]
    instrument: Mapped[str]
    provision: Mapped[str]
    sort_date: Mapped[date | None]
    licence: Mapped[str]
    penalty: Mapped[list[str]]
    activities: Mapped[list[str]]
    targets: Mapped[list[dict[str, Any]]]
    identifiers: Mapped[list[dict[str, Any]]]
    classifications: Mapped[list[dict[str, Any]]]
    unknowns: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]
    review: Mapped[dict[str, Any]]
    words: Mapped[Any] = mapped_column(TSVECTOR, deferred=True)
    jurisdictions: Mapped[list[JurisdictionRow]] = relationship(secondary="action_jurisdiction")
    agencies: Mapped[list[ActionAgencyRow]] = relationship()
    entities: Mapped[list[ActionEntityRow]] = relationship()
    dates: Mapped[list[DateRow]] = relationship()
    figures: Mapped[list[FigureRow]] = relationship()
    relations: Mapped[list[RelationRow]] = relationship(foreign_keys=[RelationRow.action_id])
    notes: Mapped[list[NoteRow]] = relationship()
    citations: Mapped[list[CitationRow]] = relationship()


EVERYTHING = (
    selectinload(ActionRow.jurisdictions),
    selectinload(ActionRow.agencies).selectinload(ActionAgencyRow.agency),
    selectinload(ActionRow.entities).selectinload(ActionEntityRow.entity),
    selectinload(ActionRow.dates),
    selectinload(ActionRow.figures),
    selectinload(ActionRow.relations).selectinload(RelationRow.target),
    selectinload(ActionRow.notes),
    selectinload(ActionRow.citations).selectinload(CitationRow.source),
)


class Model(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Named(Model):
    id: str
    name: str


class AgencyActor(Model):
    key: str
    role: str
    naming: str
    described_as: str
    agency: Named | None


class EntityActor(Model):
    key: str
    role: str
    naming: str
    described_as: str
    entity: Named | None


class ActionDate(Model):
    kind: str
    part: str
    earliest: date | None
    latest: date | None
    precision: str
    basis: str
    resolution: str


class Figure(Model):
    kind: str
    part: str
    value: float
    comparator: str
    unit: str
    claimed_by: str


class Target(Model):
    id: str
    title: str


class Relation(Model):
    type: str
    action: Target = Field(validation_alias="target")
    reason: str


class Note(Model):
    kind: str
    field: str
    text: str


class Citation(Model):
    source: Named
    start: int
    end: int
    sha256: str
    paragraph: int
    quote: str
    note: str
    supports: list[dict[str, Any]]


class Action(Model):
    id: str
    revision: int
    published_at: datetime
    title: str
    summary: str
    unit: str
    type: str | None
    status: str | None
    legal_force: str | None
    stance: str | None
    attribution: str | None
    instrument: str
    provision: str
    sort_date: date | None
    licence: str
    penalty: list[str]
    activities: list[str]
    targets: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    classifications: list[dict[str, Any]]
    unknowns: dict[str, str]
    evidence: dict[str, Any]
    review: dict[str, Any]
    jurisdictions: list[Named]
    agencies: list[AgencyActor]
    entities: list[EntityActor]
    dates: list[ActionDate]
    figures: list[Figure]
    relations: list[Relation]
    notes: list[Note]
    citations: list[Citation]


class Filters(BaseModel):
    jurisdiction: str | None = None
    since: date | None = None
    until: date | None = None
    q: str | None = None
    offset: int = 0
    limit: int = Field(50, le=100)


class Group(BaseModel):
    type: str | None
    stance: str | None
    count: int


app = FastAPI()
address = URL.create(
    "postgresql+asyncpg",
    username=os.environ["PGUSER"],
    database=os.environ["PGDATABASE"],
    query={"host": os.environ["PGHOST"], "port": os.environ["PGPORT"]},
)
sessions = async_sessionmaker(create_async_engine(address), expire_on_commit=False)


async def opened() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(opened)]


def filtered(statement: Any, filters: Filters) -> Any:
    if filters.jurisdiction:
        place = PlaceRow.jurisdiction_id == filters.jurisdiction
        statement = statement.join(PlaceRow, PlaceRow.action_id == ActionRow.id).where(place)
    if filters.since:
        statement = statement.where(ActionRow.sort_date >= filters.since)
    if filters.until:
        statement = statement.where(ActionRow.sort_date <= filters.until)
    if filters.q:
        query = func.websearch_to_tsquery("english", filters.q)
        statement = statement.where(ActionRow.words.bool_op("@@")(query))
    return statement


@app.get("/actions")
async def actions(session: Session, filters: Annotated[Filters, Query()]) -> list[Action]:
    chosen = filtered(select(ActionRow).options(*EVERYTHING), filters)
    ordered = chosen.order_by(ActionRow.sort_date.desc(), ActionRow.id.desc())
    found = await session.scalars(ordered.offset(filters.offset).limit(filters.limit))
    return found.all()  # type: ignore[return-value]


@app.get("/actions/groups")
async def groups(session: Session, filters: Annotated[Filters, Query()]) -> list[Group]:
    columns = (ActionRow.type, ActionRow.stance)
    chosen = filtered(select(*columns, func.count().label("count")), filters)
    found = await session.execute(chosen.group_by(*columns))
    return found.mappings().all()  # type: ignore[return-value]


@app.get("/actions/{id}")
async def action(session: Session, id: str) -> Action:
    found = await session.scalar(select(ActionRow).options(*EVERYTHING).where(ActionRow.id == id))
    if found is None:
        raise HTTPException(404)
    return found  # type: ignore[return-value]
