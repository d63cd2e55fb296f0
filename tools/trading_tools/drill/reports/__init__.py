"""A drill's verdicts for people and programs: text, JSON, JUnit and one HTML page.

What is in them was judged by `drill.oracle`; nothing here judges.
"""
