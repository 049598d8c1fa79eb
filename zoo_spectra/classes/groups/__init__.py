"""Do groups of networks differ, how much, and where?"""
