"""What is done in patrol (巡查动作): shifts, briefings, sending, groups, tracks, bad spots. One function per verb."""
