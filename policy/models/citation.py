"""TODO docstring."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from policy.models.action import Action
from policy.models.action_parts import ActionPart, short_quote_constraint, validate_short_quote
from policy.models.record import Source, validate_sha256


class Citation(ActionPart):
    """The passage of a source that backs named fields of an action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations")
    start = models.PositiveIntegerField(help_text="First character of the passage, from 0.")
    end = models.PositiveIntegerField(help_text="The character after the last one.")
    sha256 = models.CharField(
        "SHA-256", max_length=64, validators=[validate_sha256], help_text="Of the passage in UTF-8."
    )
    paragraph = models.PositiveIntegerField(help_text="Which paragraph it begins in, from 1.")
    quote = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_short_quote],
        help_text="A few of its words, eight at most.",
    )
    supports = models.JSONField(
        default=list, help_text="The fields it backs: field, basis and, when inferred, the reason."
    )
    note = models.TextField(blank=True, help_text="What a reader should know of this passage.")

    class Meta(ActionPart.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(start__lt=F("end")),
                name="citation_in_order",
                violation_error_message="A passage must end after it starts.",
            ),
            short_quote_constraint("citation", "quote"),
            models.UniqueConstraint(
                fields=["action", "source", "start", "end"],
                name="citation_once",
                violation_error_message="The action cites this passage already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} [{self.start}:{self.end}]"

    def clean(self) -> None:
        if self.source_id and self.end is not None and self.end > self.source.characters:
            raise ValidationError(
                {"end": f"The source's text ends at {self.source.characters} characters."}
            )
