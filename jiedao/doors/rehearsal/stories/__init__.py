"""Stories (演练情节): the roads cases take, told as people walk them; each `yield` is a wait.

Units act by their temper: late ones overrun, careless ones do half the work, cheating ones answer without having
gone, and some return what is theirs. What the rules refuse them is refused here too, and logged.
"""
