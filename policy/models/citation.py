"""The model of a citation: a passage of a source that supports values of an action."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from policy.models.action import Action
from policy.models.action_parts import ActionPart, short_quote_constraint, validate_short_quote
from policy.models.record import validate_sha256
from policy.models.source import Source


class Citation(ActionPart):
    """A passage of a source that supports values of an action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations")
    start = models.PositiveIntegerField(
        help_text="Position of the first character of the passage, counted from 0."
    )
    end = models.PositiveIntegerField(help_text="Position after the last character of the passage.")
    sha256 = models.CharField(
        "SHA-256",
        max_length=64,
        validators=[validate_sha256],
        help_text="SHA-256 of the passage in UTF-8.",
    )
    paragraph = models.PositiveIntegerField(
        help_text="Number of the paragraph in which the passage starts, counted from 1."
    )
    quote = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_short_quote],
        help_text="Words of the passage, at most eight.",
    )
    supports = models.JSONField(
        default=list,
        help_text="The supported values: key of the field, basis and, if inferred, the reason.",
    )
    note = models.TextField(blank=True, help_text="A published remark on this passage.")

    class Meta(ActionPart.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")),
                name="citation_in_order",
                violation_error_message="The end of the passage must be after its start.",
            ),
            short_quote_constraint("citation", "quote"),
            models.UniqueConstraint(
                fields=["action", "source", "start", "end"],
                name="citation_once",
                violation_error_message="This action already cites this passage.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} [{self.start}:{self.end}]"

    def clean(self) -> None:
        if self.source_id and self.end is not None and self.end > self.source.characters:
            raise ValidationError(
                {"end": f"The text of the source has only {self.source.characters} characters."}
            )
