"""From files to Python text: plain files, notebooks, Markdown, and where a project's files lie."""
