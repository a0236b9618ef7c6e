"""The status that each type of act suggests, and the reason.

An order never suggests that it was carried out.
"""

# For every type of act: the least advanced status that a plain report of it supports.
SUGGESTED_STATUSES = {
    "legislate": ("adopted", "a law that was made binds from a day that the source has to say"),
    "regulate": ("adopted", "a rule that was issued holds only when the source says so"),
    "guide": ("adopted", "guidance is given with its words; whether it is followed is unsaid"),
    "plan": ("adopted", "issuing a plan decides on it; its measures lie ahead"),
    "treaty": ("adopted", "an agreement that was made binds from a day that the source has to say"),
    "propose": ("proposed", "a text was put forward and nothing is decided"),
    "consult": ("in_consultation", "comments are being taken and nothing is decided"),
    "amend": ("adopted", "the change was decided; whether it holds yet is for the source to say"),
    "postpone": ("adopted", "the delay was decided; that it holds is unsaid"),
    "repeal": ("adopted", "the end was decided; the rule that it ends is another record"),
    "instruct": ("adopted", "the order was given; whether it was carried out is another record"),
    "investigate": ("under_way", "a case or an inspection goes on until its end is told of"),
    "warn": ("completed", "a warning is done once it is given"),
    "arrest": ("completed", "an arrest that is told of was made"),
    "prosecute": ("under_way", "a case that was brought is open until a court decides"),
    "convict": ("completed", "a judgment is done once it is given"),
    "fine": ("completed", "a fine is imposed once and for all; whether it was paid is unsaid"),
    "seize": ("completed", "what was taken was taken"),
    "shut_down": ("adopted", "closing was ordered; that a site did close needs words of its own"),
    "cut_service": ("adopted", "the cut was ordered; that it was made needs words of its own"),
    "monitor": ("under_way", "watching goes on when the source speaks"),
    "restrict_access": ("in_force", "a block that the source sees has effect"),
    "license": ("completed", "leave is given in one act"),
    "fund": ("adopted", "money was set aside; that it was paid needs words of its own"),
    "adopt": ("adopted", "taking the asset up was decided; its use needs words of its own"),
    "pilot": ("under_way", "a test goes on when the source speaks"),
    "pledge": ("planned", "what is pledged still lies ahead"),
    "state_position": ("completed", "a position is completed by being voiced"),
}
