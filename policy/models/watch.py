"""What triggers keep an eye on, so that the desk's front page need not read everything."""

from django.db import models

from policy.models.reference import CODE_FIELD_OPTIONS


class BrokenCitation(models.Model):
    """A citation whose passage is not what the attached text says there. Triggers keep it."""

    citation = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"Citation {self.citation}"


class Renamed(models.Model):
    """What documents show by name, and had another name in public before. Triggers keep it."""

    kind = models.CharField(**CODE_FIELD_OPTIONS)
    record = models.CharField(max_length=120, db_collation="C")
    name = models.CharField(max_length=300, help_text="Its name now.")
    version = models.BigIntegerField(help_text="The dataset's when it was renamed last.")

    class Meta:
        verbose_name_plural = "renamed"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record"],
                name="renamed_once",
                violation_error_message="It was renamed already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}: {self.name}"
