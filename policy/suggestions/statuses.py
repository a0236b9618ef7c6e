"""The status that each type of act suggests, and the reason.

An order never suggests that it was carried out.
"""

# For every type of act: the least advanced status that a plain report of it supports.
SUGGESTED_STATUSES = {
    "legislate": ("adopted", "a law is in force only from the day that the source states"),
    "regulate": ("adopted", "an issued rule is in force only if the source says so"),
    "guide": ("adopted", "issuing guidance does not show that it is followed"),
    "plan": ("adopted", "the plan is decided, its measures are not carried out yet"),
    "treaty": ("adopted", "an agreement is in force only from the day that the source states"),
    "propose": ("proposed", "a text was proposed and nothing is decided"),
    "consult": ("in_consultation", "comments are being collected and nothing is decided"),
    "amend": ("adopted", "the change is decided, but in force only if the source says so"),
    "postpone": ("adopted", "the delay is decided, but the source may not say that it holds"),
    "repeal": ("adopted", "the repeal is decided; the repealed rule is another record"),
    "instruct": ("adopted", "the order was given; carrying it out is another record"),
    "investigate": ("under_way", "a case or an inspection continues until its end is reported"),
    "warn": ("completed", "a warning is complete once it is given"),
    "arrest": ("completed", "a reported arrest has happened"),
    "prosecute": ("under_way", "a case that was brought is open until a court decides"),
    "convict": ("completed", "a judgment is complete once it is given"),
    "fine": ("completed", "a fine is complete once it is imposed, paid or not"),
    "seize": ("completed", "a reported seizure has happened"),
    "shut_down": ("adopted", "closing was ordered; the source must say that a site was closed"),
    "cut_service": ("adopted", "the cut was ordered; the source must say that it happened"),
    "monitor": ("under_way", "monitoring continues at the time of the source"),
    "restrict_access": ("in_force", "a block that the source observes is in force"),
    "license": ("completed", "a licence is granted in a single act"),
    "fund": ("adopted", "money was assigned; the source must say that it was paid"),
    "adopt": ("adopted", "the adoption was decided; the source must say that it is used"),
    "pilot": ("under_way", "a test is running at the time of the source"),
    "pledge": ("planned", "a pledge is about the future"),
    "state_position": ("completed", "a position is complete once it is stated"),
}
