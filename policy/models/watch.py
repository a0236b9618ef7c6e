"""Tables that triggers maintain, so that the work queue of the desk need not scan all records."""

from django.db import models

from policy.models.reference import CODE_FIELD_OPTIONS


class BrokenCitation(models.Model):
    """A citation whose hash differs from the passage in the text. Triggers maintain it."""

    citation = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"Citation {self.citation}"


class Renamed(models.Model):
    """A record or jurisdiction renamed after documents showed its name. Triggers maintain it."""

    kind = models.CharField(**CODE_FIELD_OPTIONS)
    record = models.CharField(max_length=120, db_collation="C")
    name = models.CharField(max_length=300, help_text="Current name.")
    version = models.BigIntegerField(help_text="Version of the dataset when it was last renamed.")

    class Meta:
        verbose_name_plural = "renamed"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record"],
                name="renamed_once",
                violation_error_message="This rename is already recorded.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}: {self.name}"
