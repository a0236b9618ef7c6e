"""What the desk's door remembers of those who knocked in vain."""

from django.db import models


class LoginAttempt(models.Model):
    """Failed logins of one address, or of one address on one account. Names nobody."""

    who = models.CharField(max_length=64, primary_key=True, help_text="A keyed digest.")
    failures = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True, help_text="The last one.")
    until = models.DateTimeField(help_text="No password is looked at before.")

    class Meta:
        default_permissions = ()  # nobody reads it

    def __str__(self) -> str:
        return f"{self.failures} failures"
