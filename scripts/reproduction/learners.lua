-- Prints the names of all learners, one a line.
for name in pairs(require "rledit".learners) do print(name) end
