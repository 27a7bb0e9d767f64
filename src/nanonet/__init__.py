"""nanonet"""
