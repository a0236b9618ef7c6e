"""Django's view of the tables, for plain DRF and Django Ninja."""

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import CASCADE, ForeignKey, JSONField, TextField


class Named(models.Model):
    id = TextField(primary_key=True)
    name = TextField()

    class Meta:
        abstract = True


class Jurisdiction(Named):
    class Meta:
        managed, db_table, app_label = False, "jurisdiction", "peers"


class Agency(Named):
    class Meta:
        managed, db_table, app_label = False, "agency", "peers"


class Entity(Named):
    class Meta:
        managed, db_table, app_label = False, "entity", "peers"


class Source(Named):
    class Meta:
        managed, db_table, app_label = False, "source", "peers"


class Action(models.Model):
    id = TextField(primary_key=True)
    revision = models.IntegerField()
    published_at = models.DateTimeField()
    title = TextField()
    summary = TextField()
    unit = TextField()
    type = TextField(null=True)
    status = TextField(null=True)
    legal_force = TextField(null=True)
    stance = TextField(null=True)
    attribution = TextField(null=True)
    instrument = TextField()
    provision = TextField()
    sort_date = models.DateField(null=True)
    licence = TextField()
    penalty = JSONField()
    activities = JSONField()
    targets = JSONField()
    identifiers = JSONField()
    classifications = JSONField()
    unknowns = JSONField()
    evidence = JSONField()
    review = JSONField()
    words = SearchVectorField(null=True)
    jurisdictions = models.ManyToManyField(Jurisdiction, through="ActionJurisdiction")

    class Meta:
        managed, db_table, app_label = False, "action", "peers"


class ActionJurisdiction(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE)
    jurisdiction = ForeignKey(Jurisdiction, CASCADE)

    class Meta:
        managed, db_table, app_label = False, "action_jurisdiction", "peers"


class Actor(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = TextField()
    role = TextField()
    naming = TextField()
    described_as = TextField()

    class Meta:
        abstract = True


class ActionAgency(Actor):
    action = ForeignKey(Action, CASCADE, related_name="agencies")
    agency = ForeignKey(Agency, CASCADE, null=True)

    class Meta:
        managed, db_table, app_label = False, "action_agency", "peers"


class ActionEntity(Actor):
    action = ForeignKey(Action, CASCADE, related_name="entities")
    entity = ForeignKey(Entity, CASCADE, null=True)

    class Meta:
        managed, db_table, app_label = False, "action_entity", "peers"


class ActionDate(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE, related_name="dates")
    kind = TextField()
    part = TextField()
    earliest = models.DateField(null=True)
    latest = models.DateField(null=True)
    precision = TextField()
    basis = TextField()
    resolution = TextField()

    class Meta:
        managed, db_table, app_label = False, "action_date", "peers"


class Figure(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE, related_name="figures")
    kind = TextField()
    part = TextField()
    value = models.DecimalField(max_digits=24, decimal_places=6)
    comparator = TextField()
    unit = TextField()
    claimed_by = TextField()

    class Meta:
        managed, db_table, app_label = False, "figure", "peers"


class Relation(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE, related_name="relations")
    target = ForeignKey(Action, CASCADE, related_name="+")
    type = TextField()
    reason = TextField()

    class Meta:
        managed, db_table, app_label = False, "relation", "peers"


class Note(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE, related_name="notes")
    kind = TextField()
    field = TextField()
    text = TextField()

    class Meta:
        managed, db_table, app_label = False, "note", "peers"


class Citation(models.Model):
    id = models.BigAutoField(primary_key=True)
    action = ForeignKey(Action, CASCADE, related_name="citations")
    source = ForeignKey(Source, CASCADE)
    start = models.IntegerField()
    end = models.IntegerField()
    sha256 = TextField()
    paragraph = models.IntegerField()
    quote = TextField()
    note = TextField()
    supports = JSONField()

    class Meta:
        managed, db_table, app_label = False, "citation", "peers"
