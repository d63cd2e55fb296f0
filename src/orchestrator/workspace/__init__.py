"""Where agents work: snapshot, worktree, file tools, sealed commands, task board."""
